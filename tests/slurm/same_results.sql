-- Prints rows of the tables run, metric, curve, answer, place and stratum that only one of the
-- databases one and two has. Left out: row numbers, times, costs that depend on the host's
-- speed, provenance.
.mode list
.headers off
CREATE TEMP VIEW run_one AS SELECT identity, experiment, profile, cell, task, task_version,
    encoder, variant, seed, config, state, error, steps, parameters, flops FROM one.run;
CREATE TEMP VIEW run_two AS SELECT identity, experiment, profile, cell, task, task_version,
    encoder, variant, seed, config, state, error, steps, parameters, flops FROM two.run;
CREATE TEMP VIEW metric_one AS SELECT identity, split, step, name, value, count, total
    FROM one.metric JOIN one.run ON one.run.id = run_id;
CREATE TEMP VIEW metric_two AS SELECT identity, split, step, name, value, count, total
    FROM two.metric JOIN two.run ON two.run.id = run_id;
CREATE TEMP VIEW curve_one AS SELECT identity, split, step, accuracy, accuracy_count,
    accuracy_total, token_error, token_error_count, token_error_total, sequence_accuracy,
    sequence_accuracy_count, sequence_accuracy_total, sequence_error, sequence_error_count,
    sequence_error_total, loss, perplexity, chance, majority, majority_count, majority_total,
    ceiling, ceiling_count, ceiling_total, bits_per_byte, word_perplexity
    FROM one.curve JOIN one.run ON one.run.id = run_id;
CREATE TEMP VIEW curve_two AS SELECT identity, split, step, accuracy, accuracy_count,
    accuracy_total, token_error, token_error_count, token_error_total, sequence_accuracy,
    sequence_accuracy_count, sequence_accuracy_total, sequence_error, sequence_error_count,
    sequence_error_total, loss, perplexity, chance, majority, majority_count, majority_total,
    ceiling, ceiling_count, ceiling_total, bits_per_byte, word_perplexity
    FROM two.curve JOIN two.run ON two.run.id = run_id;
CREATE TEMP VIEW answer_one AS SELECT identity, split, count, hex(bits)
    FROM one.answer JOIN one.run ON one.run.id = run_id;
CREATE TEMP VIEW answer_two AS SELECT identity, split, count, hex(bits)
    FROM two.answer JOIN two.run ON two.run.id = run_id;
CREATE TEMP VIEW place_one AS SELECT identity, split, count, hex(bits)
    FROM one.place JOIN one.run ON one.run.id = run_id;
CREATE TEMP VIEW place_two AS SELECT identity, split, count, hex(bits)
    FROM two.place JOIN two.run ON two.run.id = run_id;
CREATE TEMP VIEW stratum_one AS SELECT identity, split, name, value, wrong, places, nats
    FROM one.stratum JOIN one.run ON one.run.id = run_id;
CREATE TEMP VIEW stratum_two AS SELECT identity, split, name, value, wrong, places, nats
    FROM two.stratum JOIN two.run ON two.run.id = run_id;
SELECT 'run only in one', * FROM (SELECT * FROM run_one EXCEPT SELECT * FROM run_two);
SELECT 'run only in two', * FROM (SELECT * FROM run_two EXCEPT SELECT * FROM run_one);
SELECT 'metric only in one', *
    FROM (SELECT * FROM metric_one EXCEPT SELECT * FROM metric_two);
SELECT 'metric only in two', *
    FROM (SELECT * FROM metric_two EXCEPT SELECT * FROM metric_one);
SELECT 'curve only in one', *
    FROM (SELECT * FROM curve_one EXCEPT SELECT * FROM curve_two);
SELECT 'curve only in two', *
    FROM (SELECT * FROM curve_two EXCEPT SELECT * FROM curve_one);
SELECT 'answer only in one', *
    FROM (SELECT * FROM answer_one EXCEPT SELECT * FROM answer_two);
SELECT 'answer only in two', *
    FROM (SELECT * FROM answer_two EXCEPT SELECT * FROM answer_one);
SELECT 'place only in one', *
    FROM (SELECT * FROM place_one EXCEPT SELECT * FROM place_two);
SELECT 'place only in two', *
    FROM (SELECT * FROM place_two EXCEPT SELECT * FROM place_one);
SELECT 'stratum only in one', *
    FROM (SELECT * FROM stratum_one EXCEPT SELECT * FROM stratum_two);
SELECT 'stratum only in two', *
    FROM (SELECT * FROM stratum_two EXCEPT SELECT * FROM stratum_one);
-- EXCEPT does not count duplicates; equal numbers of rows show that there are none.
SELECT 'rows differ in number', a, b FROM (
    SELECT (SELECT count(*) FROM one.run) a, (SELECT count(*) FROM two.run) b UNION ALL
    SELECT (SELECT count(*) FROM one.metric), (SELECT count(*) FROM two.metric) UNION ALL
    SELECT (SELECT count(*) FROM one.curve), (SELECT count(*) FROM two.curve) UNION ALL
    SELECT (SELECT count(*) FROM one.answer), (SELECT count(*) FROM two.answer) UNION ALL
    SELECT (SELECT count(*) FROM one.place), (SELECT count(*) FROM two.place) UNION ALL
    SELECT (SELECT count(*) FROM one.stratum), (SELECT count(*) FROM two.stratum))
WHERE a <> b;
SELECT 'runs not done', count(*) FROM one.run WHERE state <> 'done' HAVING count(*) > 0;
SELECT 'no runs' WHERE (SELECT count(*) FROM one.run) = 0;
