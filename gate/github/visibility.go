package github

import (
	"context"
	"encoding/json"
	"strings"
)

// PublicByEvent reports whether everybody can read a repository, by the payload of the event that a workflow of it runs for;
// known is false where that says nothing of it.
func PublicByEvent(data []byte, r Repository) (public, known bool) {
	var p struct {
		Repository struct {
			FullName   string `json:"full_name"`
			Private    *bool
			Visibility string
		}
	}
	if err := json.Unmarshal(data, &p); err != nil || !strings.EqualFold(p.Repository.FullName, r.String()) || p.Repository.Private == nil {
		return false, false
	}
	return !*p.Repository.Private || p.Repository.Visibility == "public", true
}

// IsPublic asks GitHub whether everybody can read a repository. It can be asked without a token: of a repository that is not
// public, or that is not there, it says then that there is none.
func IsPublic(ctx context.Context, config Config, r Repository) (bool, error) {
	c, err := newClient(config)
	if err != nil {
		return false, err
	}
	public := false
	err = c.persist(ctx, func(ctx context.Context) error {
		doing := "ask whether " + r.String() + " is public"
		found, resp, err := c.api().Repositories.Get(ctx, r.Owner, r.Name)
		if err != nil {
			err = c.failed(ctx, doing, resp, err)
			if Is(err, NotFound) {
				public = false
				return nil
			}
			return err
		}
		if found.Private == nil {
			return c.empty(doing, resp)
		}
		public = !found.GetPrivate() || found.GetVisibility() == "public"
		return nil
	})
	return public, err
}
