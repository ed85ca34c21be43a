-- What was tried of every setting that is tuned, and which value was chosen on valid
WITH tried AS (
    SELECT r.experiment, substr(r.profile, 1, length(r.profile) - length('.tune')) AS profile,
           r.variant, r.cell, r.recipe, min(r.run_id) AS first, count(*) AS seeds,
           count(*) FILTER (WHERE r.state = 'done') AS done, avg(l.value) AS loss,
           max(l.value) AS worst_seed
    FROM v_run AS r
    LEFT JOIN v_score AS l ON l.run_id = r.run_id AND l.split = 'valid'
                          AND l.metric = 'loss' AND r.state = 'done'
    WHERE r.profile GLOB '*.tune'
    GROUP BY r.experiment, r.profile, r.variant, r.cell, r.recipe
)
SELECT experiment, profile, variant, cell AS tried,
       iif(EXISTS (SELECT 1 FROM v_run AS w
                   WHERE w.recipe = t.recipe AND w.experiment = t.experiment
                     AND w.profile = t.profile), 'chosen', '') AS choice,
       seeds, done, round(loss, 5) AS loss, round(worst_seed, 5) AS worst_seed
FROM tried AS t
ORDER BY experiment, profile, first;
