package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// author is who records events.
type author struct{ name, mail string }

func (a author) String() string {
	if a.mail == "" {
		return a.name
	}
	return fmt.Sprintf("%s <%s>", a.name, a.mail)
}

// env are the variables by which git names the author of a commit, at a time.
func (a author) env(at time.Time) []string {
	date := fmt.Sprintf("%d +0000", at.Unix())
	return []string{
		"GIT_AUTHOR_NAME=" + a.name, "GIT_AUTHOR_EMAIL=" + a.mail, "GIT_AUTHOR_DATE=" + date,
		"GIT_COMMITTER_NAME=" + a.name, "GIT_COMMITTER_EMAIL=" + a.mail, "GIT_COMMITTER_DATE=" + date,
	}
}

var ident = regexp.MustCompile(`^(.*) <(.*)> \d+ [-+]\d+$`)

// author finds out who records events: whoever commits, as git is told, else whoever has started the CI run.
func (l *Ledger) author(ctx context.Context) (author, error) {
	out, err := l.git.run(ctx, "var", "GIT_COMMITTER_IDENT")
	if found := ident.FindStringSubmatch(out); err == nil && found != nil {
		return author{found[1], found[2]}, nil
	}
	if err != nil && exitCode(err) < 0 {
		return author{}, err
	}
	actor := cmp.Or(l.getenv("GITHUB_ACTOR"), l.getenv("GITLAB_USER_LOGIN"), l.getenv("BUILDKITE_BUILD_CREATOR"), l.getenv("BUILD_USER_ID"))
	if actor != "" {
		return author{name: actor}, nil
	}
	return author{}, &Error{
		Err:  cmp.Or(err, errors.New("ledger: git does not know who commits")),
		Hint: "git config --global user.name \"Your Name\" && git config --global user.email you@example.com",
	}
}
