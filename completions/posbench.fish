# fish completion of posbench, from the tables that make its help; written by
# "posbench list commands --completion fish", and a test compares.

# First column of "posbench list WHAT".
function __posbench_list
    set -l program (commandline -opc)[1]
    type -q $program; or return
    $program list $argv[1] -o csv 2>/dev/null | string replace -r ',.*' '' | tail -n +2
end

# The command, and how many arguments it has before the cursor.
function __posbench_walk
    set -l name ''
    set -l count 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -qr -- '^-.' $word
            contains -- $word (__posbench_valued "$name"); and set skip 1
        else if contains -- "$name" '' help
            set name $word
        else
            set count (math $count + 1)
        end
    end
    printf '%s\n' "$name" $count
end

# __posbench_in COMMAND...: is it one of these?
function __posbench_in
    contains -- (__posbench_walk)[1] $argv
end

# __posbench_at COMMAND N [more]: argument N, counted from 0, or one behind it.
function __posbench_at
    set -l at (__posbench_walk)
    test "$at[1]" = $argv[1]; or return
    test $at[2] = $argv[2]; and return
    test "$argv[3]" = more -a $at[2] -gt $argv[2]
end

# __posbench_value KIND: KIND is one of those of __posbench_words or a word. Files are
# left to fish.
function __posbench_value
    set -l word (commandline -ct | string replace -r '^--[a-z-]+=' '')
    for kind in $argv
        if string match -q -- '*=*' $kind; and string match -q -- '*=*' $word
            set -l key (string replace -r '=.*' '=' -- $word)
            set -l values (__posbench_words $key)
            printf "$key%s\n" $values
        else if string match -qr -- '^[A-Z]' $kind
            __posbench_words $kind
        else
            echo $kind
        end
    end
end

# Options of a command with a value behind them.
function __posbench_valued
    switch $argv[1]
        case bench
            string split ' ' -- --shape --encoder --threads --repetitions -r
        case claims
            string split ' ' -- --profile --file --output -o --db
        case doctor
            string split ' ' -- --db
        case eval
            string split ' ' -- --split --set --threads --only --db
        case export
            string split ' ' -- --output -o --db
        case gen
            string split ' ' -- --split --count -n --output -o --format --set --seed --threads
        case list
            string split ' ' -- --output -o --completion --profile --only --db
        case merge
            string split ' ' -- --db
        case plan
            string split ' ' -- --profile --only --set --db --jobs -j --threads --shard --rerun
        case predict
            string split ' ' -- --input --split --count -n --logits --db
        case purge
            string split ' ' -- --only --db
        case query
            string split ' ' -- --file --output -o --db
        case rm
            string split ' ' -- --only --db
        case run
            string split ' ' -- --profile --only --set --db --jobs -j --threads --shard --rerun --checkpoint-every --retries --time-budget
        case show
            string split ' ' -- --count -n --split --seed --set --db
        case table
            string split ' ' -- --metric --rows --cols --profile --only --file --output -o --db
        case verify
            string split ' ' -- --steps --threads --db
    end
    string split ' ' -- --directory -C
end

# What may stand for a kind of value.
function __posbench_words
    switch $argv[1]
        case 'TASK'
            printf '%s\n' counting flip_flop selective_copy
        case 'ENCODER'
            printf '%s\n' absolute cope none relative rope sinusoidal
        case 'SPLIT'
            printf '%s\n' valid id ood_longer ood_shorter ood_sparse ood_dense
        case 'PROFILE'
            printf '%s\n' smoke quick paper
        case 'FORMAT'
            printf '%s\n' text md latex csv json
        case 'METRIC'
            printf '%s\n' token_error accuracy sequence_error sequence_accuracy loss perplexity
        case 'KEY'
            printf '%s\n' experiment profile task cell encoder split seed
        case 'QUERY'
            printf '%s\n' accuracy_by_split failed_runs learning_curves progress published_vs_ours seeds_solved slowest_runs
        case 'KEY=GLOB'
            printf '%s\n' experiment= task= encoder= variant= cell= seed= profile= identity= state= split=
        case 'task='
            printf '%s\n' counting flip_flop selective_copy
        case 'encoder='
            printf '%s\n' absolute cope none relative rope sinusoidal
        case 'profile='
            printf '%s\n' smoke quick paper
        case 'state='
            printf '%s\n' new running done failed interrupted
        case 'split='
            printf '%s\n' valid id ood_longer ood_shorter ood_sparse ood_dense
        case 'experiment='
            __posbench_list experiments
        case 'KEY=VALUE'
            printf '%s\n' model.layers= model.heads= model.dim= model.ff= model.norm= model.activation= model.dropout= model.bias= model.tie_embeddings= train.optimizer= train.lr= train.betas= train.eps= train.weight_decay= train.schedule= train.warmup= train.batch= train.steps= train.samples= train.clip= train.shards= train.eval_every= train.eval_count=
        case 'OPTION=VALUE'
            printf '%s\n' variables= max_operations= w_set= w_increment= w_pass= window= cap= length= p_ignore= clean= symbols= tokens= blanks=
        case 'EXPERIMENT'
            __posbench_list experiments
        case 'CLAIM'
            __posbench_list claims
        case 'RUN'
            __posbench_list runs
    end
end

complete -c posbench -f
complete -c posbench -n '__posbench_in ""' -a help -d 'explain a command'
complete -c posbench -s h -l help -d 'show this help'
complete -c posbench -l version -d 'show version, commit, compiler and libraries'
complete -c posbench -s C -l directory -r -a '(__fish_complete_directories)' -f -d 'work in DIR: file names start there'
complete -c posbench -s q -l quiet -d 'no progress: data, warnings and errors only'
complete -c posbench -l no-color -d 'no colour, even on a terminal'

complete -c posbench -n '__posbench_in "" help' -a bench -d 'time training steps against this machine\'s limit'
complete -c posbench -n '__posbench_in bench' -l shape -r -f -d 'layers=4,heads=4,dim=256,length=512,batch=16,scored=26 (what is left out stays)'
complete -c posbench -n '__posbench_in bench' -l encoder -r -f -a '(__posbench_value "ENCODER")' -d 'encoder to time, options behind a colon: NAME:OPTION=VALUE,... (repeatable; default all)'
complete -c posbench -n '__posbench_in bench' -l threads -r -f -d 'threads (default 1)'
complete -c posbench -n '__posbench_in bench' -s r -l repetitions -r -f -d 'timed steps of each encoder, in turn (default 5)'
complete -c posbench -n '__posbench_in bench' -l post-norm -d 'post-norm and ReLU instead of pre-norm and GELU'
complete -c posbench -n '__posbench_in bench' -l json -d 'one object a line instead of a table'

complete -c posbench -n '__posbench_in "" help' -a claims -d 'the papers\' claims: reproduced, contradicted, undecided or not run'
complete -c posbench -n '__posbench_at claims 0' -f -a '(__posbench_value "CLAIM")'
complete -c posbench -n '__posbench_in claims' -l profile -r -f -a '(__posbench_value "PROFILE")' -d 'only runs of this profile (default: each that has runs)'
complete -c posbench -n '__posbench_in claims' -l file -r -F -d 'only runs that this experiment file describes as it is now (default: every run in the database)'
complete -c posbench -n '__posbench_in claims' -s o -l output -r -f -a '(__posbench_value "FORMAT")' -d 'text, md, latex, csv or json (default text)'
complete -c posbench -n '__posbench_in claims' -l json -d 'the same as -o json'
complete -c posbench -n '__posbench_in claims' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a doctor -d 'try everything that runs need: libraries, arithmetic, disk, database, clock; exit code 0: fine, 1: something to do, 3: runs would fail'
complete -c posbench -n '__posbench_in doctor' -l json -d 'one JSON object instead of lines'
complete -c posbench -n '__posbench_in doctor' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a eval -d 'ask the saved models of runs a split again, or a changed one'
complete -c posbench -n '__posbench_at eval 0' -f -a '(__posbench_value "RUN")'
complete -c posbench -n '__posbench_in eval' -l split -r -f -a '(__posbench_value "SPLIT")' -d 'split of the run or of its task (default id)'
complete -c posbench -n '__posbench_in eval' -l set -r -f -a '(__posbench_value "OPTION=VALUE")' -d 'change the split: an option of the task, or count=N sequences (repeatable)'
complete -c posbench -n '__posbench_in eval' -l threads -r -f -d 'threads; the numbers do not depend on it (default 1)'
complete -c posbench -n '__posbench_in eval' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'only runs that match, e.g. encoder=cope* (repeatable: all must match)'
complete -c posbench -n '__posbench_in eval' -l json -d 'a JSON object for each run instead of a table'
complete -c posbench -n '__posbench_in eval' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a export -d 'write the trained weights of a run to a safetensors file'
complete -c posbench -n '__posbench_at export 0' -f -a '(__posbench_value "RUN")'
complete -c posbench -n '__posbench_in export' -s o -l output -r -F -d 'file to write, safetensors; - is standard output'
complete -c posbench -n '__posbench_in export' -s f -l force -d 'replace FILE if it is there'
complete -c posbench -n '__posbench_in export' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a gen -d 'write samples of a task to a file, without training'
complete -c posbench -n '__posbench_at gen 0' -f -a '(__posbench_value "TASK")'
complete -c posbench -n '__posbench_in gen' -l split -r -f -a '(__posbench_value "SPLIT")' -d 'split to draw from, or train (default id)'
complete -c posbench -n '__posbench_in gen' -s n -l count -r -f -d 'samples (default: the split\'s reference size)'
complete -c posbench -n '__posbench_in gen' -s o -l output -r -F -d 'file to write; - is standard output (default -)'
complete -c posbench -n '__posbench_in gen' -l format -r -f -a '(__posbench_value "jsonl" "text" "flipflop")' -d 'jsonl: ids, targets, scored places; text: tokens, a tab, the answers; flipflop: one character a token, the layout of the public Flip-Flop data (default jsonl)'
complete -c posbench -n '__posbench_in gen' -l set -r -f -a '(__posbench_value "OPTION=VALUE")' -d 'change an option of the task, after the split\'s own changes (repeatable)'
complete -c posbench -n '__posbench_in gen' -l seed -r -f -d 'data seed (default 0); for train the run\'s seed (default 1)'
complete -c posbench -n '__posbench_in gen' -l threads -r -f -d 'threads; the bytes are the same for any (default 1)'
complete -c posbench -n '__posbench_in gen' -s f -l force -d 'replace FILE if it is there'

complete -c posbench -n '__posbench_in "" help' -a list -d 'name the tasks, encoders, experiments, runs, claims or commands'
complete -c posbench -n '__posbench_at list 0' -f -a '(__posbench_value "tasks" "encoders" "experiments" "runs" "claims" "commands")'
complete -c posbench -n '__posbench_at list 1' -F
complete -c posbench -n '__posbench_in list' -s o -l output -r -f -a '(__posbench_value "FORMAT")' -d 'text, md, latex, csv or json (default text)'
complete -c posbench -n '__posbench_in list' -l json -d 'the same as -o json'
complete -c posbench -n '__posbench_in list' -l markdown -d 'the reference page of tasks, encoders or commands'
complete -c posbench -n '__posbench_in list' -l man -d 'the manual page, of commands'
complete -c posbench -n '__posbench_in list' -l completion -r -f -a '(__posbench_value "bash" "zsh" "fish")' -d 'a script that completes command lines, of commands'
complete -c posbench -n '__posbench_in list' -l profile -r -f -a '(__posbench_value "PROFILE")' -d 'experiments of this profile (default quick); only runs of this profile'
complete -c posbench -n '__posbench_in list' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'only runs that match, e.g. state=failed (repeatable: all must match)'
complete -c posbench -n '__posbench_in list' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a merge -d 'join databases, such as those of shards, into one, in any order and as often as you like'
complete -c posbench -n '__posbench_at merge 0 more' -a '(__fish_complete_suffix .db)' -f
complete -c posbench -n '__posbench_in merge' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'database that receives the others; made when it is not there (default results.db)'

complete -c posbench -n '__posbench_in "" help' -a plan -d 'every run with its state and the reason, FLOPs and estimated time; runs nothing'
complete -c posbench -n '__posbench_at plan 0' -F
complete -c posbench -n '__posbench_in plan' -l profile -r -f -a '(__posbench_value "PROFILE")' -d 'size of the matrix: smoke, quick, paper (default quick)'
complete -c posbench -n '__posbench_in plan' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'only runs that match, e.g. encoder=cope* (repeatable: all must match)'
complete -c posbench -n '__posbench_in plan' -l set -r -f -a '(__posbench_value "KEY=VALUE")' -d 'change a setting, e.g. train.steps=100 (repeatable)'
complete -c posbench -n '__posbench_in plan' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'
complete -c posbench -n '__posbench_in plan' -s j -l jobs -r -f -d 'runs at a time (default: usable cores / threads)'
complete -c posbench -n '__posbench_in plan' -l threads -r -f -d 'threads of each run; results do not depend on it (default 1)'
complete -c posbench -n '__posbench_in plan' -l shard -r -f -d 'part I of N parts of about equal cost, with a database of its own for "posbench merge" (default results-I-of-N.db)'
complete -c posbench -n '__posbench_in plan' -l rerun -r -f -a '(__posbench_value "failed" "all")' -d 'run again: failed (else they stay failed), or all'
complete -c posbench -n '__posbench_in plan' -l json -d 'one JSON object instead of a table'

complete -c posbench -n '__posbench_in "" help' -a predict -d 'write the logits of a trained model for sequences of token ids'
complete -c posbench -n '__posbench_at predict 0' -F -a '(__posbench_value "RUN")'
complete -c posbench -n '__posbench_in predict' -l input -r -F -d 'sequences, one a line: JSON with "tokens", or ids; - is standard input'
complete -c posbench -n '__posbench_in predict' -l split -r -f -a '(__posbench_value "SPLIT")' -d 'sequences of a split of the run instead'
complete -c posbench -n '__posbench_in predict' -s n -l count -r -f -d 'of the split the first N (default: all)'
complete -c posbench -n '__posbench_in predict' -l logits -r -F -d 'where to write them, .npy: float32 [positions of all sequences, vocabulary]; - is standard output'
complete -c posbench -n '__posbench_in predict' -s f -l force -d 'replace FILE if it is there'
complete -c posbench -n '__posbench_in predict' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a purge -d 'delete runs that rm has marked, with their models, for good'
complete -c posbench -n '__posbench_at purge 0 more' -f -a '(__posbench_value "KEY=GLOB")'
complete -c posbench -n '__posbench_in purge' -s y -l yes -d 'do not ask (needed where there is no terminal)'
complete -c posbench -n '__posbench_in purge' -s n -l dry-run -d 'name the runs and delete nothing'
complete -c posbench -n '__posbench_in purge' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'the same as KEY=GLOB without --only (repeatable)'
complete -c posbench -n '__posbench_in purge' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a query -d 'ask the results by a stored query\'s name or in SQL; read-only'
complete -c posbench -n '__posbench_at query 0' -f -a '(__posbench_value "QUERY")'
complete -c posbench -n '__posbench_in query' -l list -d 'name the stored queries and what they answer'
complete -c posbench -n '__posbench_in query' -l file -r -F -d 'read the SQL from FILE; - is standard input'
complete -c posbench -n '__posbench_in query' -s o -l output -r -f -a '(__posbench_value "FORMAT")' -d 'text, md, latex, csv or json (default text)'
complete -c posbench -n '__posbench_in query' -l json -d 'the same as -o json'
complete -c posbench -n '__posbench_in query' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a rm -d 'mark runs as removed: no table shows them, and run does them again if asked for'
complete -c posbench -n '__posbench_at rm 0 more' -f -a '(__posbench_value "KEY=GLOB")'
complete -c posbench -n '__posbench_in rm' -l undo -d 'take the marks of such runs away again'
complete -c posbench -n '__posbench_in rm' -s n -l dry-run -d 'name the runs and change nothing'
complete -c posbench -n '__posbench_in rm' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'the same as KEY=GLOB without --only (repeatable)'
complete -c posbench -n '__posbench_in rm' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a run -d 'train and evaluate every run of an experiment file that is not done yet'
complete -c posbench -n '__posbench_at run 0' -F
complete -c posbench -n '__posbench_in run' -l profile -r -f -a '(__posbench_value "PROFILE")' -d 'size of the matrix: smoke, quick, paper (default quick)'
complete -c posbench -n '__posbench_in run' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'only runs that match, e.g. encoder=cope* (repeatable: all must match)'
complete -c posbench -n '__posbench_in run' -l set -r -f -a '(__posbench_value "KEY=VALUE")' -d 'change a setting, e.g. train.steps=100 (repeatable)'
complete -c posbench -n '__posbench_in run' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'
complete -c posbench -n '__posbench_in run' -s j -l jobs -r -f -d 'runs at a time (default: usable cores / threads)'
complete -c posbench -n '__posbench_in run' -l threads -r -f -d 'threads of each run; results do not depend on it (default 1)'
complete -c posbench -n '__posbench_in run' -l shard -r -f -d 'part I of N parts of about equal cost, with a database of its own for "posbench merge" (default results-I-of-N.db)'
complete -c posbench -n '__posbench_in run' -l rerun -r -f -a '(__posbench_value "failed" "all")' -d 'run again: failed (else they stay failed), or all'
complete -c posbench -n '__posbench_in run' -s n -l dry-run -d 'print the plan and run nothing'
complete -c posbench -n '__posbench_in run' -l keep-going -d 'go on after a failed run (this is the default)'
complete -c posbench -n '__posbench_in run' -l checkpoint-every -r -f -d 'time between checkpoints of a run at work; 0: every step (default 60)'
complete -c posbench -n '__posbench_in run' -l retries -r -f -d 'begin a run that failed or was killed up to N times more (default 0)'
complete -c posbench -n '__posbench_in run' -l time-budget -r -f -d 'start no run that is expected to end later than 90s, 20m, 3h or 2d from now; when runs are left, the exit code is 1'
complete -c posbench -n '__posbench_in run' -l fail-fast -d 'after a run that is not done start no more; those at work finish'

complete -c posbench -n '__posbench_in "" help' -a show -d 'explain a task (with samples), an encoder, or a run in full'
complete -c posbench -n '__posbench_at show 0' -f -a '(__posbench_value "TASK" "ENCODER" "RUN")'
complete -c posbench -n '__posbench_in show' -s n -l count -r -f -d 'samples of a task (default 3)'
complete -c posbench -n '__posbench_in show' -l split -r -f -a '(__posbench_value "SPLIT")' -d 'split to draw from, or train (default id)'
complete -c posbench -n '__posbench_in show' -l seed -r -f -d 'data seed (default 0); for train the run\'s seed (default 1)'
complete -c posbench -n '__posbench_in show' -l set -r -f -a '(__posbench_value "OPTION=VALUE")' -d 'change an option of the task, after the split\'s own changes (repeatable)'
complete -c posbench -n '__posbench_in show' -l markdown -d 'the reference page of a task or an encoder'
complete -c posbench -n '__posbench_in show' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a table -d 'encoder by split: mean and spread over seeds, chance beside it'
complete -c posbench -n '__posbench_at table 0' -f -a '(__posbench_value "EXPERIMENT")'
complete -c posbench -n '__posbench_in table' -l metric -r -f -a '(__posbench_value "METRIC")' -d 'token_error, sequence_error, accuracy, perplexity, loss, ... or several with commas (default token_error, and sequence_error where it differs)'
complete -c posbench -n '__posbench_in table' -l published -d 'the paper\'s numbers and the difference below each row'
complete -c posbench -n '__posbench_in table' -l rows -r -f -a '(__posbench_value "KEY")' -d 'experiment, profile, task, cell, encoder, split or seed (default encoder)'
complete -c posbench -n '__posbench_in table' -l cols -r -f -a '(__posbench_value "KEY")' -d 'the same (default split)'
complete -c posbench -n '__posbench_in table' -l profile -r -f -a '(__posbench_value "PROFILE")' -d 'only runs of this profile (default: all in the database)'
complete -c posbench -n '__posbench_in table' -l only -r -f -a '(__posbench_value "KEY=GLOB")' -d 'only runs that match, e.g. encoder=cope*; split=valid shows the splits that choose settings (repeatable: all must match)'
complete -c posbench -n '__posbench_in table' -l file -r -F -d 'only runs that this experiment file describes as it is now (default: every run in the database)'
complete -c posbench -n '__posbench_in table' -s o -l output -r -f -a '(__posbench_value "FORMAT")' -d 'text, md, latex, csv or json (default text)'
complete -c posbench -n '__posbench_in table' -l json -d 'the same as -o json'
complete -c posbench -n '__posbench_in table' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'

complete -c posbench -n '__posbench_in "" help' -a verify -d 'train a stored run once more and compare it bit by bit'
complete -c posbench -n '__posbench_at verify 0' -f -a '(__posbench_value "RUN")'
complete -c posbench -n '__posbench_in verify' -l steps -r -f -d 'train N steps alone and compare the learning curve up to there (default: all)'
complete -c posbench -n '__posbench_in verify' -l threads -r -f -d 'threads; the bits do not depend on it (default 1)'
complete -c posbench -n '__posbench_in verify' -l db -r -a '(__fish_complete_suffix .db)' -f -d 'results database (default: results.db beside the experiment file)'
