"""``python -m mesodyn``."""

from mesodyn.cli import main

main()
