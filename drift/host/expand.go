package host

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// tokens returns what the percent tokens of ssh_config(5) stand for in file names, all but %C.
func (cfg *config) tokens(host, jumps string) (map[byte]string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, local(fmt.Errorf("who am I: %w", err))
	}
	name, err := os.Hostname()
	if err != nil {
		return nil, local(err)
	}
	short, _, _ := strings.Cut(name, ".")
	key := cfg.hostKeyAlias
	if key == "" {
		key = host
	}
	return map[byte]string{
		'%': "%", 'd': me.HomeDir, 'h': cfg.hostname, 'i': me.Uid, 'j': jumps, 'k': key, 'L': short, 'l': name,
		'n': host, 'p': strconv.Itoa(cfg.port), 'r': cfg.user, 'u': me.Username,
	}, nil
}

// expander completes file names and keeps the first error.
type expander struct {
	tokens map[byte]string
	err    error
}

// all expands ~, ${VARIABLES} and %tokens, and drops what is none.
func (e *expander) all(names []string) []string {
	var paths []string
	for _, name := range names {
		if name != "" && name != "none" {
			paths = append(paths, e.percent(e.environment(e.tilde(name)), name))
		}
	}
	return paths
}

// home expands ~ in names whose tokens ssh -G has expanded.
func (e *expander) home(names []string) []string {
	var paths []string
	for _, name := range names {
		paths = append(paths, e.tilde(name))
	}
	return paths
}

// socket returns the agent's socket for the value of IdentityAgent, if there is one: "" for no agent.
func (e *expander) socket(values []string) string {
	switch {
	case len(values) == 0 || values[0] == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK")
	case values[0] == "none":
		return ""
	case strings.HasPrefix(values[0], "$") && !strings.HasPrefix(values[0], "${"):
		socket, _ := variable(values[0][1:])
		return socket
	}
	return e.all(values[:1])[0]
}

// tilde expands ~ and ~user.
func (e *expander) tilde(name string) string {
	if !strings.HasPrefix(name, "~") {
		return name
	}
	who, rest, _ := strings.Cut(name[1:], "/")
	if who == "" {
		return filepath.Join(e.tokens['d'], rest)
	}
	u, err := user.Lookup(who)
	if err != nil {
		e.fail("%q: %w", name, err)
		return name
	}
	return filepath.Join(u.HomeDir, rest)
}

var variables = regexp.MustCompile(`\$\{[A-Za-z0-9_]+\}`)

func (e *expander) environment(name string) string {
	return variables.ReplaceAllStringFunc(name, func(v string) string {
		value, ok := variable(v[2 : len(v)-1])
		if !ok {
			e.fail("%q: the environment has no %s", name, v)
		}
		return value
	})
}

func (e *expander) percent(name, original string) string {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		if name[i] != '%' {
			b.WriteByte(name[i])
			continue
		}
		i++
		if i == len(name) {
			e.fail("%q ends in a lone %%", original)
			break
		}
		value, ok := e.tokens[name[i]]
		if !ok {
			e.fail("%q: the token %%%c is not supported", original, name[i])
		}
		b.WriteString(value)
	}
	return b.String()
}

func (e *expander) fail(format string, args ...any) {
	if e.err == nil {
		e.err = fmt.Errorf(format, args...)
	}
}
