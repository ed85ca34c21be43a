-- The twenty runs that took longest: seconds, speed and memory
SELECT run_id, experiment, profile, cell, variant, seed, steps,
       round(wall_s, 1) AS wall_s, round(cpu_s, 1) AS cpu_s,
       round(tokens_per_s) AS tokens_per_s,
       round(flops / nullif(wall_s, 0) / 1e9, 1) AS gflop_per_s,
       round(peak_memory_mib, 1) AS peak_memory_mib
FROM v_run
WHERE state = 'done'
ORDER BY v_run.wall_s DESC, run_id
LIMIT 20;
