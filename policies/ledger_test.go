package policies

import "testing"

// A ledger may be pushed to where all can read it only where the policy says so.
func TestLedgerPublic(t *testing.T) {
	for text, want := range map[string]bool{
		`ledger {}`: false, `ledger { public = false }`: false, `ledger { public = true }`: true,
	} {
		if got := loadText(t, text).Ledger.Public; got != want {
			t.Errorf("%s: got %t, want %t", text, got, want)
		}
	}
}
