"""Names of what records and findings hold, which no axis can have unless it is its parameter's own."""

_NAMES = """
    alone_A alone_B angle angle_number antibonding beat_contrast beat_frequency bias bias_number bin bin_width
    bonding branch break_fall break_number break_position chemical_potential closeness coherence
    coherence_at_frequency coherence_at_time coherence_averaged coherence_emitted coherence_error
    coherence_known_line coherence_on_line coherence_run column component component_rotating correlation
    correlation_modulus count_contrast count_rate count_rate_difference counts critical_current
    critical_temperature crossover current current_power curve curve_current curve_free_energy curve_gate
    curve_n_mean curve_order_parameter curve_phase dc_current density derivative detected detuning dissipated
    dot edge energy energy_error entropy equalised equilibrium error event exists exit exit_spin field
    field_difference field_direction fit_centre fit_centre_error fit_share fit_share_error fit_width
    fit_width_error fits fitted flip frame free_energy frequency gap ground_current ground_energy growth
    harmonic harmonics heat heat_values heat_weights high_after imbalance imbalance_error imbalance_squared
    intensity jump jump_flux jump_rate jumps kept kept_at kept_at_time kept_fraction kept_least lag lead_field
    left length line line_error line_lost_after line_offset line_power line_strength link low_after
    magnetization mean_voltage metastable metastable_energy minimum_flux moment momentum n_mean norm number
    number_difference occupied one_line_runs onset order_parameter order_parameter_A order_parameter_B
    order_parameter_modulus order_parameter_rotating orientation_energy outcome part passage passage_norm
    passage_phase passage_upper path_phase peak_current peak_position phase phase_difference phase_rounding
    photons_high photons_low photons_mean photons_variance position power pull right row run runs runs_high
    runs_low runs_other scan seed_phase segment segment_time setting share_error_mean share_scatter shared
    specific_heat spectrum spectrum_change spectrum_difference spin start start_number state step step_current
    step_edges step_voltage textured_current textured_energy textured_minimum threshold threshold_Lambda
    threshold_imbalance time time_near_pi trajectory trap voltage_number voltages warm_ratio which z z_error
    z_squared doubling eigenvalue field_quanta lead_size mean_field_energy mean_field_n_mean nonlinearity
    product_correlation product_energy product_n_mean quantum sector_gap factor gain splitting truncation
"""
RESERVED = frozenset(_NAMES.split())
