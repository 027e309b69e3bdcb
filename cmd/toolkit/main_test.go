package main

import (
	"bytes"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"toolkit": main,
	})
}

// The scripts of testdata/script use the program as a user would.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"code": code},
	})
}

// code runs the program and wants an exit code: code N ARGS….
func code(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N ARGS…")
	}
	err := ts.Exec("toolkit", args[1:]...)
	got := "0"
	if err != nil {
		got = err.Error()
		got = got[len("exit status "):]
	}
	if got != args[0] {
		ts.Fatalf("exit code %s, want %s", got, args[0])
	}
}

// toolkit runs the program in this process, for tests that look at what it
// wrote.
func toolkit(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	if code := run(t.Context(), args, bytes.NewReader(nil), &out, &err); code != 0 {
		t.Fatalf("toolkit %v: exit code %d: %s", args, code, err.String())
	}
	return out.String(), err.String()
}
