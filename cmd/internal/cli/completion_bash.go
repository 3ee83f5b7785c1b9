package cli

import (
	"fmt"
	"io"
	"strings"
)

// completeBash writes a function over the words so far, for bash 3.2 and later.
func completeBash(w io.Writer, commands []described) {
	var subcommands, options []string
	var offered [offersFolders + 1][]string // options with a value, by what it may be
	each(commands, "", func(path string, d described) {
		var all []string
		for _, f := range d.flags {
			all = append(all, f.names...)
			for _, name := range f.names {
				if f.value != "" {
					offered[f.offers()] = append(offered[f.offers()], shellQuoted(path+":"+name, false))
				}
			}
		}
		options = append(options, fmt.Sprintf("\t%s) options='%s' ;;", shellQuoted(path, false), strings.Join(all, " ")))
		if len(d.commands) > 0 {
			subcommands = append(subcommands, fmt.Sprintf("\t%s) words='%s' ;;", path, strings.Join(commandWords(d.commands), " ")))
		}
	})
	pattern := func(offer int) string { return strings.Join(offered[offer], " | ") }
	fmt.Fprintf(w, bashScript, strings.Join(commandWords(commands), " "), strings.Join(subcommands, "\n"), strings.Join(options, "\n"),
		pattern(offersFiles), pattern(offersFolders), pattern(offersNothing))
}

const bashScript = `# Completion of ortrain for bash: source <(ortrain completion bash)
_ortrain() {
	local IFS=$' \t\n' words='' options='' command='' kind=files
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
	# bash makes a word of the = in --option=value.
	[[ $cur == = ]] && cur=''
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	if ((COMP_CWORD == 1)); then
		COMPREPLY=($(compgen -W '%s --help --version' -- "$cur"))
		return
	fi
	command=${COMP_WORDS[1]}
	case $command in
%s
	esac
	if [[ -n $words ]]; then
		if ((COMP_CWORD == 2)); then
			COMPREPLY=($(compgen -W "$words --help" -- "$cur"))
			return
		fi
		[[ " $words " == *" ${COMP_WORDS[2]} "* ]] && command+=" ${COMP_WORDS[2]}"
	fi
	case $command in
%s
	esac
	case $command:$prev in
	%s) kind=files ;;
	%s) kind=folders ;;
	%s) kind=nothing ;;
	*) [[ $cur == -* ]] && kind=options ;;
	esac
	IFS=$'\n'
	case $kind in
	options)
		IFS=' '
		COMPREPLY=($(compgen -W "$options" -- "$cur"))
		;;
	files) COMPREPLY=($(compgen -f -- "$cur")) ;;
	folders) COMPREPLY=($(compgen -d -- "$cur")) ;;
	*) COMPREPLY=() ;;
	esac
	[[ $kind == options || $kind == nothing ]] || compopt -o filenames 2>/dev/null || :
}
complete -F _ortrain ortrain
`
