package ledger

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/seed-313c021b/gate/policies"
)

// identity names the repository that a ledger's events are about, the same in every clone: as the policy says, else by the
// URL of the ledger's remote or of "origin", else by the root commit. New events have the first name; see namesOf.
func identity(ctx context.Context, g *git, settings *policies.Ledger) ([]string, error) {
	if settings.Repository != "" {
		return []string{settings.Repository}, nil
	}
	if _, err := g.run(ctx, "rev-parse", "--git-dir"); err != nil {
		if exitCode(err) < 0 {
			return nil, err
		}
		return nil, &Error{Err: fmt.Errorf("ledger: %w", err), Hint: "keep the policy in a git repository, or name it: ledger { repository = \"…\" }"}
	}
	address, err := remoteURL(ctx, g, cmp.Or(settings.Remote, "origin"))
	switch {
	case err == nil:
		return namesOf(ctx, g, address, g.dir)
	case settings.Remote != "" || exitCode(err) < 0:
		return nil, err
	}
	root, err := rootName(ctx, g)
	return []string{root}, err
}

// rootName names a repository without a remote by its first commit.
func rootName(ctx context.Context, g *git) (string, error) {
	roots, err := g.run(ctx, "rev-list", "--max-parents=0", "HEAD", "--")
	if err != nil {
		return "", &Error{Err: fmt.Errorf("ledger: the repository has no remote and no commit to be named by: %w", err), Hint: "name it in the policy: ledger { repository = \"…\" }"}
	}
	shallow, err := g.run(ctx, "rev-parse", "--is-shallow-repository")
	if err != nil {
		return "", fmt.Errorf("ledger: %w", err)
	}
	if shallow == "true" {
		return "", &Error{Err: fmt.Errorf("ledger: the repository has no remote, and its root commit is not here"), Hint: "git fetch --unshallow, or name it in the policy: ledger { repository = \"…\" }"}
	}
	lines := strings.Split(roots, "\n")
	return "root:" + lines[len(lines)-1], nil
}

// remoteURL returns the URL of a remote, which is the name of one or a URL itself.
func remoteURL(ctx context.Context, g *git, remote string) (string, error) {
	if strings.ContainsAny(remote, ":/") {
		return g.run(ctx, "ls-remote", "--get-url", "--", remote)
	}
	address, err := g.run(ctx, "remote", "get-url", "--", remote)
	if exitCode(err) > 0 {
		return "", &Error{Err: fmt.Errorf("ledger: the remote %q: %w", remote, err), Hint: fmt.Sprintf("git remote add %s URL; or correct it in the policy: ledger { remote = … }", remote)}
	}
	return address, err
}

// to returns a git whose commands ask a remote.
func (g *git) to(ctx context.Context, remote string) (*git, error) {
	address, err := remoteURL(ctx, g, remote)
	if err != nil {
		return nil, err
	}
	return g.asking(shown(remote, address)), nil
}

// shown names a remote for people: its name, and where it is.
func shown(remote, address string) string {
	if name, place := withoutSecrets(remote), withoutSecrets(address); name != place {
		return name + " (" + place + ")"
	}
	return withoutSecrets(remote)
}

// withoutSecrets returns the address of a repository without user, password and whatever else may be a secret in it.
func withoutSecrets(address string) string {
	u, err := url.Parse(address)
	switch {
	case err == nil && u.Scheme != "" && strings.Contains(address, "://"):
		return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
	case strings.Contains(address, "://") || scp.MatchString(address):
		return address[strings.LastIndexByte(address, '@')+1:]
	}
	return address
}

// scp is the short form of an SSH address: [user@]host:path.
var scp = regexp.MustCompile(`^(?:[^@/]*@)?(\[[^\]]*\]|[^:/]+):(.*)$`)

// normalize brings the URL of a repository to host/path, so that its SSH and its HTTPS address are one, without user and
// password. A local path is made absolute.
func normalize(address string) string {
	host, path := "", address
	if u, err := url.Parse(address); err == nil && u.Scheme != "" && strings.Contains(address, "://") {
		host, path = u.Hostname(), u.Path
	} else if found := scp.FindStringSubmatch(address); found != nil {
		host, path = strings.Trim(found[1], "[]"), found[2]
	}
	path = strings.TrimSuffix(strings.TrimRight(path, "/"), ".git")
	if host == "" {
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		return path
	}
	return strings.ToLower(host) + "/" + strings.TrimLeft(path, "/")
}
