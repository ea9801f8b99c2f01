"""From a lab's numbers to a decision: labs, shots, tolerances, plans."""
