export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type Shell = (typeof SHELLS)[number];

/**
 * Returns the script that a shell reads to complete our command lines. The script asks `virtbs __complete` for every word.
 */
export function completionScript(shell: Shell): string {
  return SCRIPTS[shell];
}

// bash splits words at : and = for completion alone, and wants only what stands behind the last of them. So the words are put
// together again as they stand in the line.
const BASH = `# virtbs for bash: source <(virtbs completion bash)
_virtbs() {
  local rest=$\{COMP_LINE:0:COMP_POINT} words=() piece trimmed line word head kind='' current
  for piece in "$\{COMP_WORDS[@]}"; do
    [ -n "$piece" ] || continue
    trimmed=$\{rest#"$\{rest%%[![:space:]]*}"}
    [ -n "$trimmed" ] || break
    if [ "$\{#words[@]}" = 0 ] || [ "$trimmed" != "$rest" ]; then words+=(""); fi
    if [ "$\{trimmed#"$piece"}" = "$trimmed" ]; then piece=$trimmed; fi
    words[-1]+=$piece
    rest=$\{trimmed#"$piece"}
  done
  case $\{COMP_LINE:0:COMP_POINT} in *[[:space:]]) words+=("") ;; esac
  current=$\{words[-1]}
  head=
  case $current in *[:=]*) head=$\{current%"$\{current##*[:=]}"} ;; esac
  case $COMP_WORDBREAKS in *:*) ;; *) head= ;; esac
  COMPREPLY=()
  while IFS= read -r line; do
    word=$\{line%%$'\\t'*}
    case $word in
      :file | :directory) kind=$\{word#:} ;;
      *) COMPREPLY+=("$\{word#"$head"}") ;;
    esac
  done < <("$1" __complete -- "$\{words[@]:1}" 2>/dev/null)
  current=$\{current#"$head"}
  case $kind in
    file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
    directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
  esac
  case $\{COMPREPLY[0]-} in *[:=,]) compopt -o nospace 2>/dev/null ;; esac
}
complete -F _virtbs virtbs
`;

const ZSH = `#compdef virtbs
# virtbs for zsh: source <(virtbs completion zsh), behind compinit; or as a file _virtbs in a folder of fpath
_virtbs() {
  local line word
  local -a plain open shown_plain shown_open
  for line in "$\{(@f)$(_call_program virtbs "$\{(q)$\{(Q)words[1]}}" __complete -- "$\{(@q)$\{(@Q)words[2,CURRENT-1]}}" "$\{(q)$\{(Q)PREFIX}}" 2>/dev/null)}"; do
    word=$\{line%%$'\\t'*}
    case $word in
      '') ;;
      :file) [[ $PREFIX == --*=* ]] && compset -P '*='; _files; return ;;
      :directory) [[ $PREFIX == --*=* ]] && compset -P '*='; _files -/; return ;;
      *[:=,]) open+=("$word"); shown_open+=("$word  $\{line#*$'\\t'}") ;;
      *) plain+=("$word"); shown_plain+=("$word  $\{line#*$'\\t'}") ;;
    esac
  done
  compadd -l -d shown_plain -a plain
  compadd -l -d shown_open -S '' -a open
}
if [ "$funcstack[1]" = _virtbs ]; then _virtbs "$@"; else compdef _virtbs virtbs; fi
`;

const FISH = `# virtbs for fish: virtbs completion fish | source
function __virtbs_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':file*'
                set -l prefix (string match -r -- '^--[a-z-]+=' "$current")
                __fish_complete_path (string replace -r -- '^--[a-z-]+=' '' "$current") | string replace -r '^' -- "$prefix"
            case ':directory*'
                set -l prefix (string match -r -- '^--[a-z-]+=' "$current")
                __fish_complete_directories (string replace -r -- '^--[a-z-]+=' '' "$current") '' | string replace -r '^' -- "$prefix"
            case '*'
                echo $line
        end
    end
end
complete -c virtbs -f -a '(__virtbs_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
