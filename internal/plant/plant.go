// Package plant builds programs with changes planted into the source of this repository. All changes
// of a list are in one program, and an environment variable says which of them it makes, so that
// a list of changes costs one build.
package plant

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Variable is the environment variable that names the change that a program makes: its place in the
// list, from 1 on. Without it, or at 0, the program makes none.
const Variable = "GSET_PLANTED"

// Change is a change of functions' bodies: one edit or more.
type Change struct {
	Name  string
	Edits []Edit
}

// Edit replaces a snippet of a file.
type Edit struct {
	File  string // from the root of the repository
	Right string // occurs exactly once in the file
	Wrong string
}

// switchboard is the package that tells the planted functions which change to make.
const switchboard = `// Package planted says which change to make.
package planted

import (
	"os"
	"strconv"
)

// Number is the number of the change, 0 for none.
var Number, _ = strconv.Atoi(os.Getenv("` + Variable + `"))
`

// Overlay is a directory with changed copies of source files, and a list of them for the go command.
// The files of the repository stay as they are.
type Overlay struct{ dir, root string }

// New writes the copies into dir. The root of the repository is where the edits' files are found.
func New(dir, root string, changes []Change) (*Overlay, error) {
	files := map[string]*planted{}
	for i, c := range changes {
		if err := c.plant(root, files, i+1); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	sources := map[string]string{"internal/planted/planted.go": switchboard}
	for file, p := range files {
		sources[file] = p.String()
	}
	replace := map[string]string{}
	for file, source := range sources {
		path, err := filepath.Abs(filepath.Join(root, file))
		if err != nil {
			return nil, err
		}
		replace[path] = filepath.Join(dir, fmt.Sprintf("%d.go", len(replace)))
		if err := os.WriteFile(replace[path], []byte(source), 0o644); err != nil {
			return nil, err
		}
	}
	list, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return nil, err
	}
	return &Overlay{dir, root}, os.WriteFile(filepath.Join(dir, "overlay.json"), list, 0o644)
}

// plant adds a change to the files that it changes.
func (c Change) plant(root string, files map[string]*planted, number int) error {
	changed := map[string]string{}
	for _, e := range c.Edits {
		p := files[e.File]
		if p == nil {
			source, err := os.ReadFile(filepath.Join(root, e.File))
			if err != nil {
				return err
			}
			p = &planted{source: string(source), changes: map[string][]int{}}
			files[e.File] = p
		}
		if changed[e.File] == "" {
			changed[e.File] = p.source
		}
		if n := strings.Count(changed[e.File], e.Right); n != 1 {
			return fmt.Errorf("%s has this %d times, and not once:\n%s", e.File, n, e.Right)
		}
		changed[e.File] = strings.Replace(changed[e.File], e.Right, e.Wrong, 1)
	}
	for file, source := range changed {
		if !files[file].plant(number, c.Name, source) {
			return fmt.Errorf("this is not a change of functions' bodies in %s", file)
		}
	}
	return nil
}

// Build builds a command of the repository with the changes in it, and returns the program.
func (o *Overlay) Build(pkg string) (program string, err error) {
	return o.build("build", pkg)
}

// BuildTest builds the test program of a package of the repository with the changes in it. It is
// to be run in the package's directory.
func (o *Overlay) BuildTest(pkg string) (program string, err error) {
	return o.build("test", "-c", "-vet=off", pkg)
}

func (o *Overlay) build(command string, args ...string) (program string, err error) {
	program, err = filepath.Abs(filepath.Join(o.dir, strings.ReplaceAll(args[len(args)-1], "/", "_")+"."+command))
	if err != nil {
		return "", err
	}
	list, err := filepath.Abs(filepath.Join(o.dir, "overlay.json"))
	if err != nil {
		return "", err
	}
	args = append([]string{command, "-ldflags=-s -w", "-overlay", list, "-o", program}, args...)
	cmd := exec.Command("go", args...)
	cmd.Dir = o.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return program, nil
}

// planted is a source file with several changes of its functions, of which it makes one
// or none when it runs. A function that is changed stands in it as it is, and once
// more for every change, under names of their own. Its own name belongs to a function
// that looks which change is to be made, and calls one of them.
type planted struct {
	source  string
	changes map[string][]int // by function, as key has it
	copies  strings.Builder  // the functions as they are changed
}

// plant adds a change under a number. It reports false, and does nothing, if anything but the
// bodies of functions is changed, or nothing.
func (p *planted) plant(number int, name, source string) bool {
	right, wrong := functions(p.source), functions(source)
	if right.rest != wrong.rest || len(right.list) != len(wrong.list) {
		return false
	}
	var changed []function
	for i, f := range wrong.list {
		if f.head != right.list[i].head {
			return false
		}
		if f.body != right.list[i].body {
			changed = append(changed, f)
		}
	}
	for _, f := range changed {
		p.changes[f.key()] = append(p.changes[f.key()], number)
		// The compiler names the change if it finds fault with it.
		fmt.Fprintf(&p.copies, "\n//line %s:1\n%s\n", strings.ReplaceAll(name, " ", "_"), f.renamed(number))
	}
	return len(changed) > 0
}

// String is the source with all changes in it.
func (p *planted) String() string {
	if len(p.changes) == 0 {
		return p.source
	}
	file := functions(p.source)
	text := p.source[:file.clause] + "\n\nimport \"gset/internal/planted\"" + p.source[file.clause:]
	for _, f := range file.list {
		if numbers := p.changes[f.key()]; numbers != nil {
			text = strings.Replace(text, f.head+f.body, f.renamed(0)+"\n\n"+f.dispatch(numbers), 1)
		}
	}
	return text + p.copies.String()
}

// parsed is a source file taken apart.
type parsed struct {
	clause int // where its package clause ends
	list   []function
	rest   string // all but the functions
}

// function is one of a source file's.
type function struct {
	head, body string // of its text
	decl       *ast.FuncDecl
	source     string
}

// functions takes a source file apart. One that cannot be parsed has none: the compiler
// will say what is wrong with it.
func functions(source string) (p parsed) {
	file, err := parser.ParseFile(token.NewFileSet(), "", source, parser.SkipObjectResolution)
	if err != nil {
		return parsed{rest: source}
	}
	p.clause = int(file.Name.End()) - 1
	at := 0
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || f.Body == nil {
			continue
		}
		begin, body, end := int(f.Pos())-1, int(f.Body.Pos())-1, int(f.End())-1
		p.rest += source[at:begin]
		p.list = append(p.list, function{source[begin:body], source[body:end], f, source})
		at = end
	}
	p.rest += source[at:]
	return p
}

// text is a node's.
func (f function) text(n ast.Node) string { return f.source[n.Pos()-1 : n.End()-1] }

// key tells the functions of a file apart.
func (f function) key() string {
	if f.decl.Recv == nil {
		return f.decl.Name.Name
	}
	return f.text(f.decl.Recv.List[0].Type) + "." + f.decl.Name.Name
}

// under is the function's name with a change in it, or with none if that is 0.
func (f function) under(number int) string {
	return fmt.Sprintf("%s_planted%d", f.decl.Name.Name, number)
}

// renamed is the function under another name.
func (f function) renamed(number int) string {
	at := int(f.decl.Name.Pos() - f.decl.Pos())
	return f.head[:at] + f.under(number) + f.head[at+len(f.decl.Name.Name):] + f.body
}

// dispatch is a function under the original's name that calls the one with the change to
// be made, or the one without.
func (f function) dispatch(numbers []int) string {
	typ := f.decl.Type
	head, callee, back := "func ", "", ""
	if f.decl.Recv != nil {
		head += "(self " + f.text(f.decl.Recv.List[0].Type) + ") "
		callee = "self."
	}
	head += f.decl.Name.Name
	instance := ""
	if typ.TypeParams != nil {
		head += f.text(typ.TypeParams)
		var names []string
		for _, field := range typ.TypeParams.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
		instance = "[" + strings.Join(names, ", ") + "]"
	}
	params, arguments := f.parameters()
	head += "(" + params + ") "
	if typ.Results != nil {
		head += f.text(typ.Results)
		back = "return "
	}
	call := func(number int) string {
		return "\n\t\t" + back + callee + f.under(number) + instance + "(" + arguments + ")\n"
	}
	cases := ""
	for _, number := range numbers {
		cases += fmt.Sprintf("\tcase %d:%s", number, call(number))
	}
	return head + " {\n\tswitch planted.Number {\n" + cases + "\tdefault:" + call(0) + "\t}\n}"
}

// parameters returns the function's parameters under names that are all different, and
// these names as arguments for another function with the same parameters.
func (f function) parameters() (params, arguments string) {
	var types, names []string
	for _, field := range f.decl.Type.Params.List {
		for range max(len(field.Names), 1) {
			name := fmt.Sprintf("p%d", len(names))
			types = append(types, name+" "+f.text(field.Type))
			if _, variadic := field.Type.(*ast.Ellipsis); variadic {
				name += "..."
			}
			names = append(names, name)
		}
	}
	return strings.Join(types, ", "), strings.Join(names, ", ")
}
