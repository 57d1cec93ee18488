package ledger

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A repository has many addresses and one name, host/path: that of github.com/acme/shop is reached by SSH and HTTPS, with
// and without .git, by an alias of ssh_config, in any case. Two repositories never have one name, so whatever may tell two
// apart stays in it: a port that is not the protocol's own, a scheme that is none of git's, the user whose home folder a path
// begins in, and the case of names where nothing says that it does not count.

// otherHosts are other hosts by which forges are reached, as through the port of HTTPS.
var otherHosts = map[string]string{"www.github.com": "github.com", "ssh.github.com": "github.com", "altssh.gitlab.com": "gitlab.com", "altssh.bitbucket.org": "bitbucket.org"}

// caseless are the forges to which the case of a repository's path makes no difference.
var caseless = []string{"github.com", "gitlab.com", "bitbucket.org", "codeberg.org"}

// isForge reports whether a host is that of a public forge: it has no home folders, and takes paths in any case.
func isForge(host string) bool {
	return slices.Contains(caseless, host) || strings.HasSuffix(host, ".ghe.com")
}

// canonical brings a name into the form in which two names of one repository are the same: also one that was recorded before
// names had it.
func canonical(name string) string {
	host, path, ok := strings.Cut(name, "/")
	if other := otherHosts[lower(host)]; other != "" {
		host = other
	}
	if !ok || !isForge(lower(host)) {
		return name
	}
	return lower(host) + "/" + lower(path)
}

// SameRepository reports whether two addresses, as Address returns them, are of one repository.
func SameRepository(a, b string) bool { return canonical(a) == canonical(b) }

// isNamed reports whether a name is one of the repository that the ledger's events are about.
func (l *Ledger) isNamed(name string) bool {
	return name == l.repository || slices.ContainsFunc(l.names, func(ours string) bool { return SameRepository(ours, name) })
}

// lower returns a text with its ASCII letters in lower case: names of hosts have no other ones that count.
func lower(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// location is an address of a repository, taken apart. Without a host it is a folder of this machine.
type location struct {
	scheme, user, host, port, path string
	home                           bool // the path begins in the user's home folder
}

// defaultPorts are the schemes that git has for remotes, with the port of each. All lead to the same repository.
var defaultPorts = map[string]string{"ssh": "22", "git+ssh": "22", "ssh+git": "22", "git": "9418", "http": "80", "https": "443"}

// helper is the address of a remote helper: see gitremote-helpers(7).
var helper = regexp.MustCompile(`^[A-Za-z0-9]+::`)

const nameHint = `name it in the policy: ledger { repository = "…" }`

// locationOf takes an address apart. What it cannot tell for sure is an error: see git-fetch(1), GIT URLS.
func locationOf(address string) (location, error) {
	unclear := func(why string) (location, error) {
		return location{}, &Error{Err: fmt.Errorf("ledger: which repository a remote is cannot be told by its address: %s", why), Hint: nameHint}
	}
	switch {
	case helper.MatchString(address):
		return unclear("it is one of a remote helper")
	case strings.Contains(address, "://"):
		u, err := url.Parse(address)
		switch {
		case err != nil: // which quotes it, with the password
			return unclear("it is not a URL")
		case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
			return unclear("it has a ? or a # in it")
		case u.Scheme == "file" && u.Host == "":
			return location{path: u.Path}, nil
		case u.Host == "":
			return unclear("it has no host")
		}
		l := location{scheme: u.Scheme, user: u.User.Username(), host: u.Hostname(), port: u.Port(), path: u.Path}
		if strings.Contains(lower(u.RawPath), "%2f") { // to a web server that is no folder
			l.path = u.RawPath
		}
		if l.bySSH() && strings.HasPrefix(l.path, "/~/") {
			l.home, l.path = true, l.path[3:]
		}
		return l, nil
	}
	found := scp.FindStringSubmatch(address)
	if found == nil {
		return location{path: address}, nil
	}
	user, _, with := strings.Cut(address, "@")
	if !with || strings.ContainsAny(user, ":/") {
		user = ""
	}
	path := strings.TrimPrefix(found[2], "~/")
	return location{scheme: "ssh", user: user, host: strings.Trim(found[1], "[]"), path: path, home: !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "~")}, nil
}

func (l *location) bySSH() bool { return defaultPorts[l.scheme] == "22" }

// name names the repository at a location on another machine.
func (l *location) name() string {
	host, path := lower(l.host), strings.TrimLeft(strings.TrimSuffix(strings.TrimRight(l.path, "/"), ".git"), "/")
	if other := otherHosts[host]; other != "" && l.bySSH() && (l.port == "443" || l.port == "22" || l.port == "") {
		return canonical(other + "/" + path)
	}
	if l.port != "" && l.port != defaultPorts[l.scheme] {
		host = net.JoinHostPort(host, l.port)
	}
	// A forge has one user for all, and no home folders.
	if l.home && l.user != "git" && !isForge(host) {
		host, path = l.user+"@"+host, "~/"+path
	}
	if _, known := defaultPorts[l.scheme]; !known {
		host = l.scheme + "://" + host
	}
	return canonical(host + "/" + path)
}

// mostMirrors is how many mirrors are followed, each the mirror of the next.
const mostMirrors = 5

// namesOf returns the names of the repository at an address: the one that events get, then those that they may have. A mirror
// on this machine (git clone --mirror) is the repository that it mirrors. A path is from a folder, and what is in the folder
// itself is not read: a change decides what is there.
func namesOf(ctx context.Context, g *git, address, folder string) ([]string, error) {
	var paths []string
	for range mostMirrors {
		l, err := locationOf(address)
		if err != nil {
			return nil, err
		}
		if l.host != "" {
			if l.bySSH() {
				if err := l.resolve(ctx); err != nil {
					return nil, err
				}
			}
			return append([]string{l.name()}, paths...), nil
		}
		path := l.path
		if !filepath.IsAbs(path) {
			path = filepath.Join(folder, path)
		}
		paths = append(paths, normalize(path))
		of, at, err := mirrored(ctx, g, path)
		if err != nil || of == "" || within(folder, at) {
			return paths, err
		}
		address, folder = of, at
	}
	return paths, nil
}

// mirrored returns the address of what the bare repository at a path mirrors, and its folder; "" where it mirrors nothing.
func mirrored(ctx context.Context, g *git, path string) (address, folder string, err error) {
	for _, name := range []string{path, path + ".git"} {
		if folder, err = filepath.EvalSymlinks(name); err == nil && isGitFolder(folder, folder) {
			break
		}
		folder = ""
	}
	if folder == "" {
		return "", "", nil
	}
	config := filepath.Join(folder, "config")
	if _, err := os.Lstat(config); err != nil {
		return "", "", nil
	}
	out, err := g.run(ctx, "config", "--file", config, "--no-includes", "-z", "--get-regexp", `^remote\..*\.(url|fetch|mirror)$`)
	if exitCode(err) == 1 { // there is none
		return "", "", nil
	}
	settings := map[string][]string{}
	remotes := map[string]bool{}
	for entry := range strings.SplitSeq(out, "\x00") {
		key, value, _ := strings.Cut(entry, "\n")
		settings[key] = append(settings[key], value)
		if name, ok := strings.CutSuffix(key, ".mirror"); ok && value == "true" {
			remotes[name] = true
		}
	}
	if len(remotes) != 1 || err != nil {
		return "", "", err
	}
	for name := range remotes {
		if urls := settings[name+".url"]; len(urls) == 1 && slices.Equal(settings[name+".fetch"], []string{"+refs/*:refs/*"}) {
			address = urls[0]
		}
	}
	if strings.ContainsAny(address, ":/") {
		address, err = remoteURL(ctx, g, address)
	}
	return address, folder, err
}

// resolve says where a location is by the user's ssh_config. A host that this leads to on this machine is reached through a
// tunnel, and keeps the name that it was called by.
func (l *location) resolve(ctx context.Context) error {
	means, err := sshMeans(ctx, l.user, l.host, l.port)
	if err != nil {
		return &Error{Err: err, Hint: nameHint}
	}
	l.user = cmp.Or(l.user, means["user"])
	switch host := means["hostname"]; {
	case host == "":
	case isLoopback(host) && !isLoopback(l.host):
		l.host = cmp.Or(means["hostkeyalias"], l.host)
	default:
		l.host, l.port = host, means["port"]
	}
	return nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return lower(host) == "localhost" || ip != nil && ip.IsLoopback()
}
