package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/policy"
	"example.com/fetch/internal/spec"
)

// restorePolicies has the policies hold that a run had: as its journal has them, with the secrets of a file that was found again,
// or of a file that is named anew.
func (f *Flags) restorePolicies(run *journal.Leg, anew string, found bool) error {
	var file, now *policy.File
	var err error
	if anew != "" {
		now, err = openPolicies(anew)
	}
	switch {
	case err != nil:
	case anew != "" && !found:
		file = now
	case run.Policies != nil:
		var entries []policy.Entry
		if err = json.Unmarshal(run.Policies.Entries, &entries); err == nil {
			file, err = policy.OfEntries(run.Policies.File, entries)
		}
		if err != nil {
			err = fmt.Errorf("the journal has policies of hosts that cannot be taken over: %w", err)
		} else if found {
			file, err = file.WithSecrets(now)
		}
	}
	if err != nil {
		return err
	}
	return f.Parsed().TakePolicies(file)
}

// findPolicies names the file again of which the journal could not keep all, if it is where it was, and reports whether it is.
func (f *Flags) findPolicies(run *journal.Leg) bool {
	if f.Spec.PolicyFile != "" || run.Policies == nil || !slices.Contains(run.Again, "--policy") {
		return false
	}
	_, err := os.Stat(run.Policies.File)
	return err == nil && set(f.Groups, "policy", run.Policies.File) == nil
}

// findDefaults gives the flags that the journal does not hold, since they are secret, and that came from a file of the user's, what
// this file has for them now: the one that --policy names, or that of the run. What is typed goes before it.
func (f *Flags) findDefaults(run *journal.Leg) error {
	if run.Defaults == nil {
		return nil
	}
	file, err := policy.Open(cmp.Or(f.Spec.PolicyFile, run.Defaults.File))
	var all []policy.Default
	switch {
	case err == nil:
		all, err = file.DefaultsOf(run.Command)
	case f.Spec.PolicyFile == "" && errors.Is(err, fs.ErrNotExist):
		err = nil // what is missing is asked for
	case f.Spec.PolicyFile != "":
		err = fmt.Errorf("--policy: %w", err)
	}
	r := &restoring{run: run, groups: f.Groups, given: map[string][]string{}}
	for _, v := range f.Spec.Given {
		r.given[v.Name] = append(r.given[v.Name], v.Value)
	}
	for _, d := range all {
		d.Values = slices.DeleteFunc(slices.Clone(d.Values), func(value string) bool {
			return !slices.ContainsFunc(run.Defaults.Again, func(word string) bool {
				flag, part, isPart := strings.Cut(strings.TrimPrefix(word, "--"), " ")
				return flag == d.Flag && !r.isGiven(word) && (!isPart || samePart(flag, part, spec.PartName(flag, value)))
			})
		})
		if len(d.Values) == 0 {
			continue
		}
		if wrong := setDefault(f.Groups, d); wrong != nil {
			return file.Wrong(d.Line, wrong)
		}
		for _, value := range d.Values {
			f.found = append(f.found, defaultKey(d.Flag, value))
		}
	}
	return err
}
