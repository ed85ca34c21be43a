# bash completion of posbench, from the tables that make its help; written by
# "posbench list commands --completion bash", and a test compares.

_posbench_commands='bench claims doctor eval export gen list merge plan predict purge query rm run show table verify'

# _posbench_options COMMAND: "--option", or "--option=KIND" with a value.
_posbench_options() {
    case $1 in
    bench) echo '--shape=KEY=N,...' '--encoder=ENCODER' '--threads=N' '--repetitions=N' '-r=N' '--post-norm' '--json' ;;
    claims) echo '--profile=PROFILE' '--file=FILE' '--output=FORMAT' '-o=FORMAT' '--json' '--db=DB' ;;
    doctor) echo '--json' '--db=DB' ;;
    eval) echo '--split=SPLIT' '--set=OPTION=VALUE' '--threads=N' '--only=KEY=GLOB' '--json' '--db=DB' ;;
    export) echo '--output=FILE' '-o=FILE' '--force' '-f' '--db=DB' ;;
    gen) echo '--split=SPLIT' '--count=N' '-n=N' '--output=FILE' '-o=FILE' '--format=jsonl|text|flipflop' '--set=OPTION=VALUE' '--seed=N' '--threads=N' '--force' '-f' ;;
    list) echo '--output=FORMAT' '-o=FORMAT' '--json' '--markdown' '--man' '--completion=bash|zsh|fish' '--profile=PROFILE' '--only=KEY=GLOB' '--db=DB' ;;
    merge) echo '--db=DB' ;;
    plan) echo '--profile=PROFILE' '--only=KEY=GLOB' '--set=KEY=VALUE' '--db=DB' '--jobs=N' '-j=N' '--threads=N' '--shard=I/N' '--rerun=failed|all' '--json' ;;
    predict) echo '--input=FILE' '--split=SPLIT' '--count=N' '-n=N' '--logits=FILE' '--force' '-f' '--db=DB' ;;
    purge) echo '--yes' '-y' '--dry-run' '-n' '--only=KEY=GLOB' '--db=DB' ;;
    query) echo '--list' '--file=FILE' '--output=FORMAT' '-o=FORMAT' '--json' '--db=DB' ;;
    rm) echo '--undo' '--dry-run' '-n' '--only=KEY=GLOB' '--db=DB' ;;
    run) echo '--profile=PROFILE' '--only=KEY=GLOB' '--set=KEY=VALUE' '--db=DB' '--jobs=N' '-j=N' '--threads=N' '--shard=I/N' '--rerun=failed|all' '--dry-run' '-n' '--keep-going' '--checkpoint-every=SECONDS' '--retries=N' '--time-budget=TIME' '--fail-fast' ;;
    show) echo '--count=N' '-n=N' '--split=SPLIT' '--seed=N' '--set=OPTION=VALUE' '--markdown' '--db=DB' ;;
    table) echo '--metric=METRIC' '--published' '--rows=KEY' '--cols=KEY' '--profile=PROFILE' '--only=KEY=GLOB' '--file=FILE' '--output=FORMAT' '-o=FORMAT' '--json' '--db=DB' ;;
    verify) echo '--steps=N' '--threads=N' '--db=DB' ;;
    esac
    echo '--help' '-h' '--version' '--directory=DIR' '-C=DIR' '--quiet' '-q' '--no-color'
}

# _posbench_arguments COMMAND: the kinds of its arguments.
_posbench_arguments() {
    case $1 in
    claims) echo 'CLAIM' ;;
    eval) echo 'RUN' ;;
    export) echo 'RUN' ;;
    gen) echo 'TASK' ;;
    list) echo 'tasks|encoders|experiments|runs|claims|commands' 'FILE' ;;
    merge) echo 'DB...' ;;
    plan) echo 'FILE' ;;
    predict) echo 'RUN|FILE' ;;
    purge) echo 'KEY=GLOB...' ;;
    query) echo 'QUERY|SQL' ;;
    rm) echo 'KEY=GLOB...' ;;
    run) echo 'FILE' ;;
    show) echo 'TASK|ENCODER|RUN' ;;
    table) echo 'EXPERIMENT' ;;
    verify) echo 'RUN' ;;
    esac
}

# _posbench_words KIND: what may stand there.
_posbench_words() {
    case $1 in
    TASK) echo counting flip_flop selective_copy ;;
    ENCODER) echo absolute cope none relative rope sinusoidal ;;
    SPLIT) echo valid id ood_longer ood_shorter ood_sparse ood_dense ;;
    PROFILE) echo smoke quick paper ;;
    FORMAT) echo text md latex csv json ;;
    METRIC) echo token_error accuracy sequence_error sequence_accuracy loss perplexity ;;
    KEY) echo experiment profile task cell encoder split seed ;;
    QUERY) echo accuracy_by_split failed_runs learning_curves progress published_vs_ours seeds_solved slowest_runs ;;
    KEY=GLOB) echo experiment= task= encoder= variant= cell= seed= profile= identity= state= split= ;;
    task=) echo counting flip_flop selective_copy ;;
    encoder=) echo absolute cope none relative rope sinusoidal ;;
    profile=) echo smoke quick paper ;;
    state=) echo new running done failed interrupted ;;
    split=) echo valid id ood_longer ood_shorter ood_sparse ood_dense ;;
    experiment=) _posbench_list experiments ;;
    KEY=VALUE) echo model.layers= model.heads= model.dim= model.ff= model.norm= model.activation= model.dropout= model.bias= model.tie_embeddings= train.optimizer= train.lr= train.betas= train.eps= train.weight_decay= train.schedule= train.warmup= train.batch= train.steps= train.samples= train.clip= train.shards= train.eval_every= train.eval_count= ;;
    OPTION=VALUE) echo variables= max_operations= w_set= w_increment= w_pass= window= cap= length= p_ignore= clean= symbols= tokens= blanks= ;;
    EXPERIMENT) _posbench_list experiments ;;
    CLAIM) _posbench_list claims ;;
    RUN) _posbench_list runs ;;
    esac
}

# First column of "posbench list WHAT".
_posbench_list() {
    "${COMP_WORDS[0]/#\~/$HOME}" list "$1" -o csv 2>/dev/null | sed '1d; s/,.*//'
}

# _posbench_value COMMAND OPTION: the kind of its value, or nothing.
_posbench_value() {
    local option
    for option in $(_posbench_options "$1"); do
        if [[ $option == "$2="* ]]; then
            echo "${option#*=}"
        fi
    done
}

# _posbench_argument COMMAND N: the kind of argument N, counted from 0.
_posbench_argument() {
    local kinds
    read -r -a kinds <<<"$(_posbench_arguments "$1")"
    local last=$((${#kinds[@]} - 1))
    if (($2 <= last)); then
        echo "${kinds[$2]%...}"
    elif ((last >= 0)) && [[ ${kinds[last]} == *... ]]; then
        echo "${kinds[last]%...}"
    fi
}

# _posbench_add COMPGEN-OPTION...
_posbench_add() {
    local word
    while IFS= read -r word; do
        COMPREPLY+=("$word")
    done < <(compgen "$@")
}

# _posbench_reply KIND WORD [PREFIX]: completes WORD, before which PREFIX stays. KIND is
# one of those of _posbench_words, a word, or several with "|" between.
_posbench_reply() {
    local kind word=$2 before=$3
    for kind in ${1//|/ }; do
        case $kind in
        FILE | DB | DIR) compopt -o filenames 2>/dev/null ;;&
        FILE) _posbench_add -P "$before" -f -- "$word" ;;
        DB) _posbench_add -P "$before" -f -X '!*.db' -- "$word" ;;&
        DB | DIR) _posbench_add -P "$before" -d -- "$word" ;;
        *=*)
            if [[ $word == *=* ]]; then
                before+=${word%%=*}=
                kind=${word%%=*}=
                word=${word#*=}
            fi ;;&
        [[:upper:]]* | *=) _posbench_add -P "$before" -W "$(_posbench_words "$kind")" -- "$word" ;;
        *) _posbench_add -P "$before" -W "$kind" -- "$word" ;;
        esac
    done
}

_posbench() {
    local -a words=("${COMP_WORDS[0]}")
    local i word command='' value='' count=0 plain=''
    COMPREPLY=()
    # bash divides words at "="; here they are whole.
    for ((i = 1; i <= COMP_CWORD; i++)); do
        if ((i > 1)) && [[ ${COMP_WORDS[i]} == =* || ${words[-1]} == *= ]]; then
            words[-1]+=${COMP_WORDS[i]}
        else
            words+=("${COMP_WORDS[i]}")
        fi
    done
    for word in "${words[@]:1:${#words[@]}-2}"; do
        if [[ $value ]]; then
            value=
        elif [[ ! $plain && $word == -- ]]; then
            plain=1
        elif [[ ! $plain && $word == -?* ]]; then
            value=$(_posbench_value "$command" "$word")
        elif [[ ! $command || $command == help ]]; then
            command=$word
        else
            ((++count))
        fi
    done
    word=${words[-1]}
    if [[ $value ]]; then
        _posbench_reply "$value" "$word"
    elif [[ ! $plain && $word == --*=* ]]; then
        _posbench_reply "$(_posbench_value "$command" "${word%%=*}")" "${word#*=}" "${word%%=*}="
    elif [[ ! $plain && $word == -* ]]; then
        local options
        read -r -d '' -a options < <(_posbench_options "$command")
        _posbench_add -W "${options[*]%%=*}" -- "$word"
    elif [[ ! $command ]]; then
        _posbench_add -W "$_posbench_commands help" -- "$word"
    elif [[ $command == help ]]; then
        _posbench_add -W "$_posbench_commands" -- "$word"
    else
        _posbench_reply "$(_posbench_argument "$command" "$count")" "$word"
    fi
    if [[ $word == *=* && $COMP_WORDBREAKS == *=* ]]; then
        COMPREPLY=("${COMPREPLY[@]#"${word%=*}="}")
    fi
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then
        compopt -o nospace 2>/dev/null
    fi
}

complete -F _posbench posbench
