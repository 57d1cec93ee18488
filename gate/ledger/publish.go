package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"time"
)

// mayPush asks, once, whether something may be pushed to the remote.
func (l *Ledger) mayPush(ctx context.Context) error {
	if l.remote == "" || l.offline || l.mayPublish == nil {
		return nil
	}
	places, err := pushedTo(ctx, l.git, l.remote)
	if err != nil {
		return err
	}
	if err := l.mayPublish(ctx, places); err != nil {
		return err
	}
	l.mayPublish = nil
	return nil
}

// pushedTo returns where a push to a remote goes, as host/path, or as an absolute path.
func pushedTo(ctx context.Context, g *git, remote string) ([]string, error) {
	fetched, err := remoteURL(ctx, g, remote)
	if err != nil {
		return nil, err
	}
	addresses, err := g.run(ctx, "remote", "get-url", "--push", "--all", "--", remote)
	if exitCode(err) > 0 { // it is an address, and no name
		addresses, err = pushURL(ctx, g, remote, fetched)
	}
	if err != nil {
		return nil, err
	}
	var places []string
	for address := range strings.SplitSeq(addresses, "\n") {
		place, err := placeOf(ctx, address)
		if err != nil {
			return nil, err
		}
		places = append(places, place)
	}
	return places, nil
}

// pushURL returns where a push to an address goes: elsewhere than a fetch, where url.*.pushInsteadOf of the user's
// configuration says so. Of several, the longest counts. See git-config(1).
func pushURL(ctx context.Context, g *git, address, fetched string) (string, error) {
	entries, err := g.run(ctx, "config", "--null", "--get-regexp", `^url\..*\.pushinsteadof$`)
	if exitCode(err) == 1 { // there is none
		return fetched, nil
	}
	longest := ""
	for entry := range strings.SplitSeq(entries, "\x00") {
		key, prefix, _ := strings.Cut(entry, "\n")
		if rest, ok := strings.CutPrefix(address, prefix); ok && len(prefix) > len(longest) {
			longest, fetched = prefix, strings.TrimSuffix(strings.TrimPrefix(key, "url."), ".pushinsteadof")+rest
		}
	}
	return fetched, err
}

// placeOf returns where an address leads, as host/path, or as an absolute path.
func placeOf(ctx context.Context, address string) (string, error) {
	place := normalize(address)
	if !bySSH(address) {
		return place, nil
	}
	alias, path, _ := strings.Cut(place, "/")
	host, err := aliased(ctx, alias)
	return host + "/" + path, err
}

// bySSH reports whether git reaches an address by ssh.
func bySSH(address string) bool {
	if strings.Contains(address, "://") {
		u, err := url.Parse(address)
		return err == nil && (u.Scheme == "ssh" || u.Scheme == "git+ssh" || u.Scheme == "ssh+git")
	}
	return scp.MatchString(address)
}

const aliasTime = 20 * time.Second // a user's Match exec may take its time

// aliased returns the host that a name means to the user's ssh_config, in lower case; itself where there is no ssh.
func aliased(ctx context.Context, name string) (string, error) {
	means, err := sshMeans(ctx, "", name, "")
	if err != nil {
		return "", err
	}
	return cmp.Or(means["hostname"], name), nil
}

// sshMeans returns what a user, who may be empty, at a host and a port, which may be empty, mean to the user's ssh_config, by
// its keywords: the hostname, in lower case, the user, the port and the hostkeyalias. It is empty where there is no ssh.
func sshMeans(ctx context.Context, user, host, port string) (map[string]string, error) {
	program, err := exec.LookPath("ssh")
	if errors.Is(err, exec.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	args := []string{"-G", "-T"}
	if user != "" {
		args = append(args, "-l"+user)
	}
	if port != "" {
		args = append(args, "-p"+port)
	}
	ctx, cancel := context.WithTimeout(ctx, aliasTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, append(args, "--", host)...)
	cmd.Env, cmd.WaitDelay = environment(false), time.Second
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("ledger: ssh -G %s: %w", host, err)
	}
	means := map[string]string{}
	for line := range strings.Lines(string(out)) {
		keyword, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if _, known := means[keyword]; !known {
			means[keyword] = value
		}
	}
	if means["hostname"] == "" {
		return nil, fmt.Errorf("ledger: ssh -G %s names no host", host)
	}
	means["hostname"] = strings.ToLower(means["hostname"])
	return means, nil
}

// Address returns where a remote of a repository is, as host/path without user and password, or as an absolute path; ""
// where it has no such remote. The remote is the name of one, or its address.
func (r *Repository) Address(ctx context.Context, remote string) (string, error) {
	address, err := r.git.run(ctx, "remote", "get-url", "--", remote)
	if exitCode(err) > 0 && strings.ContainsAny(remote, ":/") {
		address, err = remoteURL(ctx, r.git, remote)
	}
	switch {
	case exitCode(err) > 0:
		return "", nil
	case err != nil:
		return "", err
	}
	return placeOf(ctx, address)
}
