package ledger

import "fmt"

// KeyID returns the name of the key under which a recorded snapshot was sealed.
func (r *Record) KeyID(id string) (string, error) {
	environment := r.environment(id)
	if environment == "" {
		return "", fmt.Errorf("ledger: no event names the snapshot %q", id)
	}
	t, err := r.open(environment, id, 0)
	if err != nil {
		return "", err
	}
	return t.head.KeyID, nil
}
