package report

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/seed-313c021b/gate/gate"
)

// Verified is what was found out about a ledger.
type Verified struct {
	Repository string
	History    *gate.History
	Flaws      []gate.Flaw
	Signers    int // of the policy
	Zone       *time.Location
	Anchors    int // heads that are remembered on GitHub; those that the ledger lacks are flaws
}

// Text writes it for people.
func (v Verified) Text(w io.Writer) error {
	var out bytes.Buffer
	h := v.History
	fmt.Fprintf(&out, "The ledger of %s\n", printable(v.Repository))
	if h.ID == "" {
		out.WriteString("  there is none yet: the first event that is recorded opens it\n")
	}
	line := func(about, format string, args ...any) {
		for _, text := range Wrap(printable(fmt.Sprintf(format, args...)), pageWidth-15) {
			fmt.Fprintf(&out, "  %-12s %s\n", about, text)
			about = ""
		}
	}
	if n := len(h.Events); n > 0 {
		line("first event", "%s of %s", h.ID, h.Events[0].At.In(v.Zone).Format(clockForm))
		line("last event", "%s of %s", h.Head, h.Events[n-1].At.In(v.Zone).Format(clockForm))
		line("events", "%s", v.kinds())
		line("signed", "%s", v.signers())
	}
	switch {
	case h.Offline && h.Fetched.IsZero():
		line("remote", "not asked (--offline), nor ever before")
	case h.Offline:
		line("remote", "not asked (--offline); it was last at %s", h.Fetched.In(v.Zone).Format(clockForm))
	case !h.Fetched.IsZero():
		line("remote", "asked at %s", h.Fetched.In(v.Zone).Format(clockForm))
	}
	if v.Anchors > 0 {
		line("on GitHub", "deployments name %s of it", plural(v.Anchors, "head"))
	}
	if len(v.Flaws) == 0 {
		out.WriteString("No flaw: the chain goes on from where it was last seen, and every event and every snapshot\nthat is kept is what its id says.\n")
	} else {
		fmt.Fprintf(&out, "\n%s\n", strings.ToUpper(plural(len(v.Flaws), "flaw")))
	}
	for i, f := range v.Flaws {
		for j, text := range Wrap(printable(f.Text), pageWidth-5-len(f.Code)) {
			if j == 0 {
				fmt.Fprintf(&out, "%2d %s%s\n", i+1, text, padLeft(printable(f.Code), pageWidth-3-columns(text)))
			} else {
				fmt.Fprintf(&out, "   %s\n", text)
			}
		}
		for _, text := range Wrap(printable(f.Next), pageWidth-3) {
			if text != "" {
				fmt.Fprintf(&out, "   %s\n", text)
			}
		}
	}
	_, err := w.Write(out.Bytes())
	return err
}

// kinds counts the events by their kind.
func (v Verified) kinds() string {
	counts := map[string]int{}
	for _, e := range v.History.Events {
		counts[string(e.Kind)]++
	}
	var parts []string
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		parts = append(parts, fmt.Sprintf("%s %s", thousands(counts[kind]), kind))
	}
	return fmt.Sprintf("%s: %s", thousands(len(v.History.Events)), strings.Join(parts, ", "))
}

// signers counts the events by who has signed them.
func (v Verified) signers() string {
	if v.Signers == 0 {
		return "not asked for: the policy has no signer"
	}
	counts := map[string]int{}
	for _, e := range v.History.Events {
		counts[e.Signer]++
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if name == "" {
			parts = append(parts, thousands(counts[name])+" by no signer of the policy")
		} else {
			parts = append(parts, fmt.Sprintf("%s by %s", thousands(counts[name]), name))
		}
	}
	return strings.Join(parts, ", ")
}
