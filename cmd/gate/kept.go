package main

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed-313c021b/gate/drift"
	"github.com/seed-313c021b/gate/gate"
	"github.com/seed-313c021b/gate/gate/report"
)

// mostKept is of how many policies the last check is kept.
const mostKept = 20

// cache returns the folder of what gate keeps for this user.
func (a *app) cache() (string, error) {
	if a.cacheFolder != "" {
		return a.cacheFolder, nil
	}
	folder, err := os.UserCacheDir()
	return filepath.Join(folder, "gate"), err
}

// lastFolder returns the folder of the last check of this policy. A policy is known by the place that it is at.
func (a *app) lastFolder() (string, error) {
	folder, err := a.cache()
	if err != nil {
		return "", err
	}
	place, err := filepath.Abs(a.flags.policy)
	if err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(place); err == nil {
		place = target
	}
	sum := sha256.Sum256([]byte(place))
	return filepath.Join(folder, "checks", hex.EncodeToString(sum[:8])), nil
}

// keepResult keeps an answer for gate explain, and says so where it cannot.
func (a *app) keepResult(answer *answer) {
	if err := a.keep(answer.verdict, answer.input.Snapshots); err != nil {
		a.warn("the result could not be kept for gate explain: " + err.Error())
	}
}

// keep keeps the verdict and what it rests on for gate explain, readable by the user alone, in place of the last one of this
// policy. Values that may not be shown are sealed in both.
func (a *app) keep(v *gate.Verdict, snapshots []*drift.Snapshot) error {
	folder, err := a.lastFolder()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "snapshot-*.json"))
	if err != nil {
		return err
	}
	for _, path := range old {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	for _, s := range snapshots {
		var out bytes.Buffer
		if err := s.Encode(&out); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(folder, "snapshot-"+s.Environment+".json"), out.Bytes()); err != nil {
			return err
		}
	}
	var out bytes.Buffer
	if err := report.JSON(&out, v, report.Options{}); err != nil {
		return err
	}
	if err := writeFile(filepath.Join(folder, "result.json"), out.Bytes()); err != nil {
		return err
	}
	return forgetOldest(filepath.Dir(folder))
}

// forgetOldest removes the checks of the policies that were checked longest ago, beyond mostKept.
func forgetOldest(checks string) error {
	entries, err := os.ReadDir(checks)
	if err != nil || len(entries) <= mostKept {
		return err
	}
	checked := map[string]time.Time{}
	for _, e := range entries {
		if info, err := os.Stat(filepath.Join(checks, e.Name(), "result.json")); err == nil { // else it is being written, or was left
			checked[e.Name()] = info.ModTime()
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Or(checked[a.Name()].Compare(checked[b.Name()]), cmp.Compare(a.Name(), b.Name()))
	})
	for _, e := range entries[:len(entries)-mostKept] {
		if err := os.RemoveAll(filepath.Join(checks, e.Name())); err != nil {
			return err
		}
	}
	return nil
}

// last returns the result of the last check of this policy.
func (a *app) last() (*gate.Verdict, error) {
	folder, err := a.lastFolder()
	if err != nil {
		return nil, err
	}
	v, err := readResult(filepath.Join(folder, "result.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &exitError{code: exitUsage, err: fmt.Errorf("there is no result of a check of %s yet", a.flags.policy),
			hint: "run gate check first, or name the policy that was checked: --policy PATH"}
	}
	return v, err
}

// checkOf names the check that a verdict is of.
func checkOf(v *gate.Verdict) string {
	return fmt.Sprintf("check of %s on %s", v.To, v.At.Format("2 Jan 2006 15:04 MST"))
}

// checked names the check that a verdict is of, and says how long ago it was.
func (a *app) checked(v *gate.Verdict) string {
	ago := "just now"
	if age := a.now().Sub(v.At).Truncate(time.Minute); age > 0 {
		ago = (*span)(&age).String() + " ago"
	}
	return checkOf(v) + ", " + ago
}
