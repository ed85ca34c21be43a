#compdef posbench
# zsh completion of posbench: the program says what may stand at the cursor.
local line
local -a plain keys
for line in ${(f)"$(_call_program candidates ${(q)words[1]} complete -- ${(q)words[2,CURRENT]} 2>/dev/null)"}; do
    case $line in
    :*) [[ $PREFIX == -* ]] && compset -P '*=' ;|
    :file) _files ;;
    :db) _files -g '*.db(-.)' ;;
    :dir) _files -/ ;;
    *=|*=$'\t'*) keys+=("${${line//:/\\:}/$'\t'/:}") ;;
    *) plain+=("${${line//:/\\:}/$'\t'/:}") ;;
    esac
done
_describe posbench plain -- keys -S ''
