package main

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configCmd prints the settings that serve would have.
type configCmd struct {
	serveCmd
}

// secret are settings whose values are not shown.
var secret = map[string]bool{"password": true}

// Run prints a configuration file with all settings.
func (cmd *configCmd) Run(k *kong.Context, out io.Writer) error {
	resolved := map[*kong.Flag]string{}
	for _, p := range k.Path {
		switch {
		case p.Flag == nil:
		case p.Resolved:
			resolved[p.Flag] = "the file " + string(cmd.Config)
		default:
			resolved[p.Flag] = "the command line"
		}
	}
	fmt.Fprintln(out, "# All settings of gsetd serve. The flag --NAME wins over the environment, and that over the file.")
	for _, flag := range commandNamed(k.Model, "config").Flags {
		if flag.Name == "config" || flag.Name == "help" {
			continue
		}
		from := resolved[flag]
		if name, found := fromEnvironment(flag); found && from == "" {
			from = name + " of the environment"
		}
		if err := printSetting(out, flag, from); err != nil {
			return err
		}
	}
	return nil
}

// printSetting prints a setting with its comment. One that has no value is a comment altogether.
func printSetting(out io.Writer, flag *kong.Flag, from string) error {
	standard := "none"
	switch {
	case flag.HasDefault && flag.Default != "":
		standard = flag.Default
	case flag.IsBool():
		standard = "false"
	}
	if from == "" {
		from = "the default"
	}
	fmt.Fprintf(out, "\n# %s\n# Default: %s. In the environment: %s. This is %s.\n", oneLine(flag.Help), standard, strings.Join(flag.Envs, ", "), from)
	value := plain(flag.Target)
	switch {
	case secret[flag.Name] && value != "":
		fmt.Fprintf(out, "# %s: (there is one; it is not shown)\n", flag.Name)
		return nil
	case value == "" || value == nil:
		fmt.Fprintf(out, "# %s:\n", flag.Name)
		return nil
	}
	line, err := yaml.Marshal(map[string]any{flag.Name: value})
	if err != nil {
		return err
	}
	_, err = out.Write(line)
	return err
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// plain returns a value as a configuration file has it: nil for an empty list.
func plain(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case []string:
		if len(x) == 0 {
			return nil
		}
		return x
	case time.Duration:
		return x.String()
	case slog.Level:
		return strings.ToLower(x.String())
	case fmt.Stringer:
		return x.String()
	}
	return v.Interface()
}
