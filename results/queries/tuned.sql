-- Learning rates tried in profile tune, chosen for each encoder by the mean loss on valid
WITH tried AS (
    SELECT r.experiment, r.variant, json_extract(r.config, '$.train.lr') AS lr,
           json_remove(r.config, '$.seed', '$.train.lr') AS rest,
           count(*) AS seeds, avg(l.value) AS loss, max(l.value) AS worst_seed,
           avg(e.value) AS token_error
    FROM v_run AS r
    JOIN v_score AS l ON l.run_id = r.run_id AND l.split = 'valid' AND l.metric = 'loss'
    JOIN v_score AS e ON e.run_id = r.run_id AND e.split = 'valid'
                     AND e.metric = 'token_error'
    WHERE r.profile = 'tune' AND r.state = 'done'
    GROUP BY r.recipe
)
SELECT experiment, variant, lr,
       iif(row_number() OVER (PARTITION BY experiment, variant, rest
                              ORDER BY loss, lr) = 1, 'chosen', '') AS choice,
       seeds, round(loss, 5) AS loss, round(worst_seed, 5) AS worst_seed,
       round(100 * token_error, 3) AS token_error
FROM tried
ORDER BY experiment, variant, rest, lr;
