-- The twenty runs that cost most CPU time: seconds, speed of a core and by the clock, memory
SELECT run_id, experiment, profile, cell, variant, seed, steps,
       round(cpu_s, 1) AS cpu_s, round(wall_s, 1) AS wall_s,
       round(tokens_per_cpu_s) AS tokens_per_cpu_s, round(tokens_per_s) AS tokens_per_s,
       round(flops / nullif(cpu_s, 0) / 1e9, 1) AS gflop_per_cpu_s,
       round(peak_memory_mib, 1) AS peak_memory_mib
FROM v_run
WHERE state = 'done'
ORDER BY v_run.cpu_s DESC, run_id
LIMIT 20;
