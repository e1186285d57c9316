package gsetd_test

import (
	"flag"
	"os"
	"testing"

	"gset/internal/gsetd"
)

// docs/COMMANDS.md is the table of commands.
func TestTheCommandsDocumentedAreThoseThatThereAre(t *testing.T) {
	const path = "../../docs/COMMANDS.md"
	want := gsetd.CommandPage()
	if flag.Lookup("rewrite").Value.String() == "true" { // datadriven's
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != want {
		t.Errorf("%s is not what go test ./internal/gsetd -run CommandsDocumented -rewrite writes: %v", path, err)
	}
}
