-- How many runs of each experiment are done, and how long they took
SELECT experiment, profile, runs, new, running, done, failed, interrupted,
       round(wall_s / 3600, 2) AS hours, round(mean_wall_s, 1) AS seconds_per_run
FROM v_progress
ORDER BY experiment, profile;
