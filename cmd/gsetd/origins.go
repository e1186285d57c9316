package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"
)

// overruled resolves nothing. Only if there is a resolver, kong lets a flag overrule a variable of the environment that
// makes no sense.
var overruled = kong.ResolverFunc(func(*kong.Context, *kong.Path, *kong.Flag) (any, error) { return nil, nil })

// origins say where settings come from.
type origins struct {
	file *configFile // nil without one
}

// load is what kong reads the file of --config by.
func (o *origins) load(r io.Reader) (kong.Resolver, error) {
	c, err := loadConfig(r)
	if err != nil {
		return nil, err
	}
	o.file = c
	return c, nil
}

// of returns the place of a setting that the command line does not have; "" if it is the default.
func (o *origins) of(flag *kong.Flag) string {
	if name, found := fromEnvironment(flag); found {
		return name + " of the environment"
	}
	if o.file == nil {
		return ""
	}
	s, found := o.file.settings[flag.Name]
	if !found {
		return ""
	}
	return fmt.Sprintf("%s: line %d", o.file.path, s.line)
}

// flagWord matches a flag in an error.
var flagWord = regexp.MustCompile(`--[a-z][a-z-]*`)

// explain adds to an error where the settings come from that it names as flags, and that are not in the command line.
func (o *origins) explain(k *kong.Context, err error) error {
	if k == nil {
		return err
	}
	named := map[string]bool{}
	for _, word := range flagWord.FindAllString(err.Error(), -1) {
		named[strings.TrimPrefix(word, "--")] = true
	}
	for _, p := range k.Path {
		if p.Flag != nil && !p.Resolved {
			named[p.Flag.Name] = false
		}
	}
	var places []string
	for _, flag := range k.Flags() {
		if place := o.of(flag); named[flag.Name] && place != "" {
			places = append(places, fmt.Sprintf("--%s is of %s", flag.Name, place))
		}
	}
	if len(places) == 0 {
		return err
	}
	return fmt.Errorf("%w\n(%s)", err, strings.Join(places, "; "))
}
