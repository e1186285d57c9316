package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// A configuration file is YAML: a setting a line, by the name of its flag, as in
//
//	listen: 10.0.0.1:7379
//	peer-join: [10.0.0.2:7380, 10.0.0.3:7380]
//	maxmemory: 4GB
//
// Flags win over the environment, GSETD_LISTEN and so on, and the environment over the file. YAML since it
// has comments, which gsetd config writes what is where into; all of it but lists and values in one line
// is refused, and values are taken as they are written: no is no, and not false.

// fileBytes bounds a configuration file.
const fileBytes = 1 << 20

// setting is a line of a configuration file.
type setting struct {
	line  int
	value any // a string, or a list of them as []any; nil if there is none
}

// parseConfig reads a configuration file.
func parseConfig(text []byte) (map[string]setting, error) {
	if len(text) > fileBytes {
		return nil, fmt.Errorf("more than %d bytes", fileBytes)
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	if err := decoder.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // it has comments only
		}
		return nil, errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	root := &doc
	if doc.Kind == yaml.DocumentNode && len(doc.Content) == 1 {
		root = doc.Content[0]
	}
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" {
		return nil, nil
	}
	if root.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("line %d: not of the form \"name: value\"", root.Line)
	}
	all := map[string]setting{}
	for i := 0; i+1 < len(root.Content); i += 2 {
		name, value := root.Content[i], root.Content[i+1]
		if name.Kind != yaml.ScalarNode {
			return nil, fmt.Errorf("line %d: a name that is not a word", name.Line)
		}
		if before, twice := all[name.Value]; twice {
			return nil, fmt.Errorf("line %d: %q is in line %d already", name.Line, name.Value, before.line)
		}
		v, err := valueOf(value)
		if err != nil {
			return nil, fmt.Errorf("line %d: %q %w", value.Line, name.Value, err)
		}
		all[name.Value] = setting{name.Line, v}
	}
	return all, nil
}

func valueOf(n *yaml.Node) (any, error) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null":
		return nil, nil
	case n.Kind == yaml.ScalarNode:
		return n.Value, nil
	case n.Kind != yaml.SequenceNode:
		return nil, errors.New("has a value that is neither a word nor a list")
	}
	list := make([]any, 0, len(n.Content))
	for _, item := range n.Content {
		if item.Kind != yaml.ScalarNode {
			return nil, errors.New("has a list of something else than words")
		}
		list = append(list, item.Value)
	}
	return list, nil
}

// configFile is a configuration file that was read.
type configFile struct {
	path     string
	settings map[string]setting
}

// loadConfig reads the file of --config.
func loadConfig(r io.Reader) (*configFile, error) {
	c := &configFile{path: "the configuration file"}
	if f, ok := r.(interface{ Name() string }); ok {
		c.path = f.Name()
	}
	text, err := io.ReadAll(io.LimitReader(r, fileBytes+1))
	if err == nil {
		c.settings, err = parseConfig(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	return c, nil
}

// errNoFolder says that a folder was given without a name, as by a variable of a shell that is not set. Without a
// folder data is in memory only, which nobody should get by mistake.
var errNoFolder = errors.New("is empty; name the folder, or leave the setting out to do without one")

// decodeFolder reads the name of a folder, which need not be there yet.
func decodeFolder(ctx *kong.DecodeContext, target reflect.Value) error {
	var path string
	if err := ctx.Scan.PopValueInto("folder", &path); err != nil {
		return err
	}
	if path == "" {
		return errNoFolder
	}
	if info, err := os.Stat(path); errors.Is(err, syscall.ENOTDIR) || err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	target.SetString(path)
	return nil
}

// Validate refuses settings that gsetd serve does not have.
func (c *configFile) Validate(app *kong.Application) error {
	known := map[string]bool{}
	for _, flag := range commandNamed(app, "serve").Flags {
		known[flag.Name] = flag.Name != "config" && flag.Name != "help"
	}
	for name, s := range c.settings {
		if !known[name] {
			return fmt.Errorf("%s: line %d: there is no setting %q; gsetd config prints all", c.path, s.line, name)
		}
	}
	return nil
}

// Resolve returns a flag's value, unless the environment has one.
func (c *configFile) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if _, found := fromEnvironment(flag); found {
		return nil, nil
	}
	s, found := c.settings[flag.Name]
	if _, isList := s.value.([]any); isList && !flag.IsSlice() {
		return nil, errors.New("takes one value, and not a list")
	}
	if found && s.value == nil && flag.Tag.Type == "folder" {
		return nil, errNoFolder
	}
	return s.value, nil
}

// fromEnvironment returns the variable of the environment that a flag has its value of.
func fromEnvironment(flag *kong.Flag) (name string, found bool) {
	for _, name := range flag.Envs {
		if _, found := os.LookupEnv(name); found {
			return name, true
		}
	}
	return "", false
}

func commandNamed(app *kong.Application, name string) *kong.Node {
	for _, node := range app.Children {
		if node.Name == name {
			return node
		}
	}
	return app.Node
}

// withEnvironment has the commands that serve a store, or open one, take settings of the environment:
// GSETD_ and a flag's name.
func withEnvironment(k *kong.Kong) error {
	for _, name := range []string{"serve", "config", "backup", "restore"} {
		for _, flag := range commandNamed(k.Model, name).Flags {
			if len(flag.Envs) == 0 && flag.Name != "config" && flag.Name != "help" {
				variable := "GSETD_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))
				flag.Envs = append(flag.Envs, variable)
				flag.Tag.Envs = append(flag.Tag.Envs, variable)
			}
		}
	}
	return nil
}
