package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"gset/internal/acl"
	"gset/internal/reload"
)

type userCmd struct {
	PasswordFile string   `help:"File whose first line is the password, of ${minpassword} bytes at least. By default one is drawn." type:"existingfile"`
	Name         string   `arg:"" help:"The user's name."`
	Rights       []string `arg:"" optional:"" help:"admin, read:NAME, write:NAME, where NAME is that of a collection, or the beginning of names and a star."`
}

// Run prints a line of a users file, and a password that it has drawn beside it, where a redirection
// of the output into the file leaves it.
func (cmd *userCmd) Run(out io.Writer, problems problemWriter) error {
	password := acl.Draw()
	if cmd.PasswordFile != "" {
		var err error
		if password, err = firstLine(cmd.PasswordFile); err != nil {
			return err
		}
	}
	hash, err := acl.Hash(password)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	line, err := acl.Line(cmd.Name, hash, cmd.Rights...)
	if err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if cmd.PasswordFile == "" {
		fmt.Fprintf(problems, "The password of %s is %s\n", cmd.Name, password)
	}
	_, err = fmt.Fprintln(out, line)
	return err
}

// problemWriter is where what is no result goes.
type problemWriter struct{ io.Writer }

// firstLine returns the first line of a file, without its end.
func firstLine(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	if line = strings.TrimSuffix(line, "\r"); line == "" {
		return "", fmt.Errorf("%w: %s has no password in its first line", errUsage, path)
	}
	return line, nil
}

// errOpenDefault is the error of a users file that lets anybody in.
var errOpenDefault = errors.New("other machines reach the server, and its user default needs no password; --insecure allows that")

// wide reports whether other machines reach the server.
func (cmd *serveCmd) wide() bool {
	return !isLoopback(cmd.Listen) || cmd.HTTP != "" && !isLoopback(cmd.HTTP)
}

// readUsers returns the users file, read again when it changes, or nil if there is none.
func (cmd *serveCmd) readUsers() (*reload.Files[*acl.Users], error) {
	if cmd.Users == "" {
		return nil, nil
	}
	if cmd.Password != "" || cmd.PasswordFile != "" {
		return nil, fmt.Errorf("%w: --users has the passwords; a password beside it is of no use", errUsage)
	}
	load := func() (*acl.Users, error) {
		f, err := os.Open(cmd.Users)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		users, err := acl.Parse(f)
		if err == nil && users.Default() != nil && !cmd.Insecure && cmd.wide() {
			err = errOpenDefault
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", cmd.Users, err)
		}
		return users, nil
	}
	return reload.New(load, true, cmd.Users), nil
}
