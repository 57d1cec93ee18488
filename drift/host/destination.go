package host

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"unicode"
)

// destination is where a user asks to go; zero fields are left to the configuration.
type destination struct {
	user, host string
	port       int
}

// parseDestination reads "host", "user@host", "user@host:port", "[::1]:port" and "ssh://user@host:port". Names that ssh
// refuses, since a shell or an option parser could take them for something else, are refused here too.
func parseDestination(text string) (destination, error) {
	d, err := splitDestination(text)
	if err != nil {
		return destination{}, fmt.Errorf("destination %q: %w", text, err)
	}
	if err := checkHost(d.host); err != nil {
		return destination{}, fmt.Errorf("destination %q: %w", text, err)
	}
	if err := checkUser(d.user); d.user != "" && err != nil {
		return destination{}, fmt.Errorf("destination %q: %w", text, err)
	}
	return d, nil
}

func splitDestination(text string) (destination, error) {
	if strings.HasPrefix(text, "ssh://") {
		return splitURL(text)
	}
	var d destination
	if i := strings.LastIndexByte(text, '@'); i >= 0 {
		d.user, text = text[:i], text[i+1:]
		if d.user == "" {
			return d, fmt.Errorf("no user before @")
		}
	}
	d.host = text
	if strings.HasPrefix(text, "[") && strings.HasSuffix(text, "]") {
		d.host = text[1 : len(text)-1]
		return d, nil
	}
	if strings.HasPrefix(text, "[") || strings.Count(text, ":") == 1 {
		host, port, err := net.SplitHostPort(text)
		if err != nil {
			return d, err
		}
		d.host = host
		d.port, err = parsePort(port)
		return d, err
	}
	return d, nil
}

func splitURL(text string) (destination, error) {
	u, err := url.Parse(text)
	if err != nil {
		return destination{}, err
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.Fragment != "" {
		return destination{}, fmt.Errorf("more than ssh://user@host:port")
	}
	d := destination{host: u.Hostname()}
	if u.User != nil {
		if _, ok := u.User.Password(); ok {
			return d, fmt.Errorf("a password in it")
		}
		d.user = u.User.Username()
	}
	if p := u.Port(); p != "" {
		d.port, err = parsePort(p)
	}
	return d, err
}

func parsePort(text string) (int, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("port %q is not between 1 and 65535", text)
	}
	return int(port), nil
}

// checkHost says what is wrong with a host name or address.
func checkHost(name string) error { return checkName("host", name, "'`\"$\\;&<>|(){},/@") }

// checkUser says what is wrong with a user name. Backslashes stand in names of Windows domains.
func checkUser(name string) error { return checkName("user", name, "'`\";&<>|(){}") }

func checkName(what, name, forbidden string) error {
	if name == "" {
		return fmt.Errorf("no %s", what)
	}
	if name[0] == '-' {
		return fmt.Errorf("the %s begins with -", what)
	}
	for _, r := range name {
		if strings.ContainsRune(forbidden, r) || unicode.IsSpace(r) || !unicode.IsPrint(r) {
			return fmt.Errorf("the %s has a character that no %s has: %q", what, what, r)
		}
	}
	return nil
}

// String gives d as ssh takes it for ProxyJump.
func (d destination) String() string {
	text := d.host
	if d.port != 0 {
		text = net.JoinHostPort(d.host, strconv.Itoa(d.port))
	}
	if d.user != "" {
		text = d.user + "@" + text
	}
	return text
}
