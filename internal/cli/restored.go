package cli

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"example.com/fetch/internal/journal"
	"example.com/fetch/internal/record"
	"example.com/fetch/internal/secret"
	"example.com/fetch/internal/spec"
	"example.com/fetch/internal/units"
)

// restoreFlags takes over from a run the flags that the present command line, which has been parsed into the groups, does
// not give itself. Of a flag that is of the run it may give only what the journal does not hold, which is added. The error
// says what cannot be given, or names all that is missing, a SOURCE among it unless the sources are given anew; it is of
// how the program was called.
func restoreFlags(groups []Group, run *journal.Leg, sourcesGiven bool) error {
	r := &restoring{run: run, groups: groups, given: map[string][]string{}}
	eachGiven(groups, func(f *pflag.Flag) { r.given[f.Name] = valuesOf(f) })
	if err := r.refuse(); err != nil {
		return err
	}
	if err := r.missing(sourcesGiven); err != nil {
		return err
	}
	for _, flag := range run.Flags {
		if err := r.restore(flag); err != nil {
			return err
		}
	}
	return nil
}

// restoring is the present command line while that of a run is put below it.
type restoring struct {
	run    *journal.Leg
	groups []Group
	given  map[string][]string // by flag
}

// has reports whether a flag is given at present.
func (r *restoring) has(flag string) bool { return len(r.given[flag]) > 0 }

// wanted reports whether the journal does not hold a flag, or a part of it that has this name.
func (r *restoring) wanted(flag, part string) bool {
	return slices.ContainsFunc(r.run.Again, func(word string) bool {
		name, wanted, _ := strings.Cut(strings.TrimPrefix(word, "--"), " ")
		return name == flag && (wanted == "" || samePart(flag, wanted, part))
	})
}

// samePart compares names of headers as HTTP does.
func samePart(flag, a, b string) bool {
	if flag == "header" {
		return strings.EqualFold(a, b)
	}
	return a == b
}

// refuse finds the flags that cannot be given where a run is resumed.
func (r *restoring) refuse() error {
	var refused []string
	var failed error
	eachGiven(r.groups, func(f *pflag.Flag) {
		for _, value := range r.given[f.Name] {
			parts, err := partsOf(f.Name, value)
			failed = cmp.Or(failed, err)
			kept := func(part string) bool { return !r.wanted(f.Name, part) }
			isOfRun := spec.Owners[f.Name] != spec.OfLeg
			if isOfRun && slices.ContainsFunc(parts, kept) && !slices.Contains(refused, "--"+f.Name) {
				refused = append(refused, "--"+f.Name)
			}
		}
	})
	if failed != nil {
		return failed
	}
	if len(refused) > 0 {
		return fmt.Errorf("%s: this is as the run in the journal began, and cannot be changed; leave it out, or start a new run with a journal of its own",
			strings.Join(refused, ", "))
	}
	return nil
}

// partsOf are the names of what a value gives: that of a --set or of a header, those in a file of headers, or none, which
// is one without a name.
func partsOf(flag, value string) ([]string, error) {
	file, isFile := strings.CutPrefix(value, "@")
	if flag != "header" || !isFile {
		return []string{spec.PartName(flag, value)}, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("-H: %w", err)
	}
	var names []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			names = append(names, spec.PartName(flag, line))
		}
	}
	return names, nil
}

// missing finds what the journal does not hold and nobody has given.
func (r *restoring) missing(sourcesGiven bool) error {
	var missing, write []string
	source := false
	for _, word := range r.run.Again {
		if isSource := strings.HasPrefix(word, spec.SourceWord); isSource && !sourcesGiven {
			source = true
			missing = append(missing, word)
		} else if !isSource && !r.isGiven(word) {
			missing = append(missing, word)
			write = append(write, example(word))
		}
	}
	if len(missing) == 0 {
		return nil
	}
	if source { // all of them: the new ones take the place of the old
		for _, s := range r.run.Sources {
			write = append(write, units.ShellWord(s))
		}
	}
	return fmt.Errorf("the journal holds no secrets, and the run needs them; give again %s: add to the command, behind the journal, with the secret for each %s: %s",
		record.Printable(strings.Join(missing, ", ")), secret.Mask, strings.Join(write, " "))
}

// isGiven reports whether something that the journal does not hold is given at present. Credentials can be given in another way.
func (r *restoring) isGiven(word string) bool {
	flag, part, isPart := strings.Cut(strings.TrimPrefix(word, "--"), " ")
	if (flag == "user" || flag == "header" && strings.EqualFold(part, "Authorization")) && (r.has("user") || r.has("bearer-env")) {
		return true
	}
	if !isPart {
		return r.has(flag)
	}
	return slices.ContainsFunc(r.given[flag], func(value string) bool {
		parts, err := partsOf(flag, value)
		return err == nil && slices.ContainsFunc(parts, func(p string) bool { return samePart(flag, p, part) })
	})
}

// example is how something that is missing is given.
func example(word string) string {
	flag, part, _ := strings.Cut(strings.TrimPrefix(word, "--"), " ")
	value := secret.Mask
	switch {
	case flag == "header" && part != "":
		value = part + ": " + secret.Mask
	case flag == "set":
		value = part + "=" + secret.Mask
	}
	return "--" + flag + " " + units.ShellWord(value)
}

// instead are the flags that one takes the place of, beside itself.
var instead = map[string][]string{
	"key": {"cert"}, "user": {"bearer-env"}, "bearer-env": {"user"}, "user-agent": {"contact"}, "contact": {"user-agent"},
}

// restore takes over one value of a flag of the run.
func (r *restoring) restore(stored journal.Flag) error {
	if stored.Name == "key" && spec.IsRowKey(stored.Value) { // as --row-key was called before it had a name of its own
		stored.Name = "row-key"
	}
	err := errors.New("there is no such flag")
	for _, g := range r.groups {
		f := g.Flags.Lookup(stored.Name)
		switch {
		case f == nil || spec.Owners[stored.Name] == spec.OfJournal:
			continue
		case stored.Name == "set" && r.has("set"):
			return r.restoreSet(f, stored)
		case r.replaced(stored):
			return nil
		}
		if err = g.Flags.Set(stored.Name, stored.Value); err == nil {
			return nil
		}
		break
	}
	return fmt.Errorf("the journal has a flag that cannot be taken over, --%s: %w; it was written by version %s, and this is %s",
		record.Printable(stored.Name), err, record.Printable(r.run.Version), spec.Version)
}

// replaced reports whether what is given takes the place of a value of a flag of the run.
func (r *restoring) replaced(stored journal.Flag) bool {
	return stored.Name != "header" && r.has(stored.Name) || slices.ContainsFunc(instead[stored.Name], r.has)
}

// restoreSet puts the values of a --set into the order that they had in the run. What is given is given once more by
// name; the flag holds it already.
func (r *restoring) restoreSet(f *pflag.Flag, stored journal.Flag) error {
	values, ok := f.Value.(pflag.SliceValue)
	if !ok {
		return nil
	}
	value := stored.Value
	all := values.GetSlice()
	if name := spec.PartName("set", value); value == name+"="+secret.Mask && r.wanted("set", name) {
		if i := slices.IndexFunc(all, func(text string) bool { return spec.PartName("set", text) == name }); i >= 0 {
			value = all[i]
			all = slices.Delete(all, i, i+1)
		}
	}
	return values.Replace(append(all, value))
}
