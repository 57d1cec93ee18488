package main

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"unicode"
)

// maxInventory is how many hosts one range may stand for.
const maxInventory = 10_000

var (
	bracketedPort  = regexp.MustCompile(`^\[(.+)\]:([0-9]+)$`)
	plainPort      = regexp.MustCompile(`^((?:[^:\[\]]|\[[^\]]*\])*):([0-9]+)$`)
	inventoryRange = regexp.MustCompile(`(?i)\[(?:[a-z]:[a-z]|[0-9]+:[0-9]+)(?::[0-9]+)?\]`)
)

// inventoryNames returns the hosts that a host pattern stands for, and the port that it ends with.
func inventoryNames(pattern string) (names []string, port string, err error) {
	address := pattern
	for _, form := range []*regexp.Regexp{bracketedPort, plainPort} {
		if m := form.FindStringSubmatch(address); m != nil {
			address, port = m[1], strings.TrimLeft(m[2], "0")
		}
	}
	if !validAddress(inventoryRange.ReplaceAllString(address, "0")) {
		address, port = pattern, ""
	}
	switch {
	case strings.HasSuffix(address, ":") && port == "" && !strings.HasSuffix(address, "::"):
		return nil, "", fmt.Errorf("the host %q ends with \":\", and no port is behind it", pattern)
	case address == "---":
		return nil, "", errors.New("\"---\" is the beginning of a YAML file")
	}
	names, err = expandRange(nil, address)
	return names, port, err
}

// validAddress reports whether s is an IP address or could be the name of a host.
func validAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	for label := range strings.SplitSeq(s, ".") {
		letter := func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }
		wrong := func(r rune) bool { return !letter(r) && r != '-' }
		if label == "" || label[0] == '-' || strings.ContainsAny(label[len(label)-1:], "_-") || strings.ContainsFunc(label, wrong) {
			return false
		}
	}
	return true
}

// expandRange adds the hosts that a pattern stands for: web[01:10:2], db[a:f], and several of these in one.
func expandRange(names []string, pattern string) ([]string, error) {
	head, rest, ok := strings.Cut(pattern, "[")
	if !ok {
		return append(names, pattern), nil
	}
	bounds, tail, ok := strings.Cut(rest, "]")
	if !ok {
		return nil, fmt.Errorf("%q has a \"[\" and no \"]\"", pattern)
	}
	values, err := rangeValues(strings.Split(bounds, ":"))
	if err != nil {
		return nil, fmt.Errorf("the range [%s]: %w", bounds, err)
	}
	for _, value := range values {
		if names, err = expandRange(names, head+value+tail); err != nil {
			return nil, err
		}
		if len(names) > maxInventory {
			return nil, fmt.Errorf("%q stands for more than %d hosts", pattern, maxInventory)
		}
	}
	return names, nil
}

// rangeValues returns the texts of a range BEGIN:END or BEGIN:END:STEP.
func rangeValues(bounds []string) ([]string, error) {
	if len(bounds) != 2 && len(bounds) != 3 {
		return nil, errors.New("it is begin:end or begin:end:step")
	}
	begin, end, step := bounds[0], bounds[1], 1
	if begin == "" {
		begin = "0"
	}
	if len(bounds) == 3 {
		var err error
		if step, err = strconv.Atoi(bounds[2]); err != nil || step < 1 {
			return nil, fmt.Errorf("the step %q is not a number above 0", bounds[2])
		}
	}
	letters := "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	if len(begin) == 1 && len(end) == 1 && strings.Contains(letters, begin) && strings.Contains(letters, end) {
		return series(strings.Index(letters, begin), strings.Index(letters, end), step, func(n int) string { return letters[n : n+1] })
	}
	first, err1 := strconv.Atoi(begin)
	last, err2 := strconv.Atoi(end)
	if err := errors.Join(err1, err2); err != nil || first < 0 || last < 0 || len(begin) > 18 {
		return nil, errors.New("it is from a number to a number, or from a letter to a letter")
	}
	width := 0
	if begin[0] == '0' && len(begin) > 1 {
		if width = len(begin); len(end) != width {
			return nil, errors.New("begin and end have not the same length")
		}
	}
	return series(first, last, step, func(n int) string { return fmt.Sprintf("%0*d", width, n) })
}

func series(first, last, step int, text func(int) string) ([]string, error) {
	if first > last {
		return nil, errors.New("the end is before the begin")
	}
	if (last-first)/step >= maxInventory {
		return nil, fmt.Errorf("it stands for more than %d hosts", maxInventory)
	}
	var values []string
	for i := range (last-first)/step + 1 {
		values = append(values, text(first+i*step))
	}
	return values, nil
}

// destination returns a host as ssh takes it: user@host:port.
func (h *inventoryHost) destination() (string, error) {
	vars := h.variables()
	value := func(names ...string) string { // the last that is set
		text := ""
		for _, name := range names {
			if v, ok := vars[name]; ok {
				text = v
			}
		}
		return text
	}
	address := value("ansible_host", "ansible_ssh_host")
	if address == "" {
		address = h.name
	}
	user, port := value("ansible_user", "ansible_ssh_user"), value("ansible_port", "ansible_ssh_port")
	for _, text := range []string{address, user, port} {
		if strings.Contains(text, "{{") {
			return "", fmt.Errorf("%s: %q is a template, which only Ansible can fill in", h.name, text)
		}
	}
	switch connection := value("ansible_connection"); connection {
	case "", "ssh", "smart", "paramiko", "paramiko_ssh":
	default:
		return "", fmt.Errorf("%s: its ansible_connection is %q; gate reads hosts over SSH only", h.name, connection)
	}
	if port != "" && port != "22" {
		address = net.JoinHostPort(address, port)
	}
	if user != "" {
		address = user + "@" + address
	}
	return address, nil
}

// shellWords splits a line into words as Python's shlex.split does with comments=True: quotes, backslashes, and a comment
// from any # that is not quoted.
func shellWords(line string) ([]string, error) {
	var words []string
	var word strings.Builder
	begun := false // a word has begun, if only with quotes
	var quote, escaped rune
	for _, r := range line {
		switch {
		case escaped != 0:
			if quote != 0 && r != '\\' && r != quote {
				word.WriteRune('\\')
			}
			word.WriteRune(r)
			escaped = 0
		case r == '\\' && quote != '\'':
			escaped, begun = r, true
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, begun = r, true
		case r == '#':
			if begun {
				words = append(words, word.String())
			}
			return words, wordless(words)
		case r == ' ' || r == '\t' || r == '\r' || r == '\n':
			if begun {
				words = append(words, word.String())
				word.Reset()
				begun = false
			}
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	switch {
	case quote != 0:
		return nil, fmt.Errorf("a %c is not closed", quote)
	case escaped != 0:
		return nil, errors.New("nothing is behind the \\ at the end")
	case begun:
		words = append(words, word.String())
	}
	return words, wordless(words)
}

func wordless(words []string) error {
	if len(words) == 0 || words[0] == "" {
		return errors.New("there is no host in this line")
	}
	return nil
}
