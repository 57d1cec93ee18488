package ledger

import (
	"context"
	"strings"
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
	addresses, err := remoteURL(ctx, g, remote)
	if err != nil {
		return nil, err
	}
	if !strings.ContainsAny(remote, ":/") {
		if addresses, err = g.run(ctx, "remote", "get-url", "--push", "--all", "--", remote); err != nil {
			return nil, err
		}
	}
	var places []string
	for address := range strings.SplitSeq(addresses, "\n") {
		places = append(places, normalize(address))
	}
	return places, nil
}

// Address returns where a remote of a repository is, as host/path without user and password, or as an absolute path; ""
// where it has no such remote.
func (r *Repository) Address(ctx context.Context, remote string) (string, error) {
	address, err := r.git.run(ctx, "remote", "get-url", "--", remote)
	switch {
	case exitCode(err) > 0:
		return "", nil
	case err != nil:
		return "", err
	}
	return normalize(address), nil
}
