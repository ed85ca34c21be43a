-- Runs that failed or were interrupted, and why
SELECT run_id, experiment, profile, cell, variant, seed, state, steps, error, ended
FROM v_run
WHERE state IN ('failed', 'interrupted')
ORDER BY ended DESC, run_id;
