// asserts-oracle reports how snapd's own asserts package judges assertions.
//
// It reads JSON values from the standard input. It writes each answer at once,
// as one line of JSON, to the standard output. So one process can answer any
// number of cases:
//
//	{"trusted": BASE64, "known": BASE64}
//	{"name": TEXT, "subject": BASE64, "decodeOnly": BOOLEAN}
//	...
//
//	{"name": TEXT, "decoded": [{"type": TEXT, "primaryKey": [TEXT, ...],
//	  "revision": N, "format": N}, ...], "refusedAt": STAGE, "error": TEXT}
//	...
//
// Every BASE64 is a stream of assertions. "trusted" contains the roots, and
// "known" contains assertions that must be valid. Each case is judged by its own
// database on top of these. refusedAt is empty if the whole subject was accepted.
// Otherwise it is the stage that refused it: "decode", "check", or "panic" if
// snapd panicked.
//
// With the argument "types", it writes the assertion types of snapd instead:
//
//	{"types": {TEXT: {"primaryKey": [TEXT, ...], "maxFormat": N}, ...}}
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/snapcore/snapd/asserts"
)

type world struct {
	Trusted []byte `json:"trusted"`
	Known   []byte `json:"known"`
}

type caseText struct {
	Name       string `json:"name"`
	Subject    []byte `json:"subject"`
	DecodeOnly bool   `json:"decodeOnly"`
}

type verdict struct {
	Name      string    `json:"name"`
	Decoded   []decoded `json:"decoded"`
	RefusedAt string    `json:"refusedAt"`
	Error     string    `json:"error"`
}

type decoded struct {
	Type       string   `json:"type"`
	PrimaryKey []string `json:"primaryKey"`
	Revision   int      `json:"revision"`
	Format     int      `json:"format"`
}

type typeText struct {
	PrimaryKey []string `json:"primaryKey"`
	MaxFormat  int      `json:"maxFormat"`
}

func main() {
	run := judgeAll
	if len(os.Args) == 2 && os.Args[1] == "types" {
		run = func(_ io.Reader, out io.Writer) error { return writeTypes(out) }
	}
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "asserts-oracle:", err)
		os.Exit(1)
	}
}

func writeTypes(out io.Writer) error {
	types := map[string]typeText{}
	for _, name := range asserts.TypeNames() {
		known := asserts.Type(name)
		key := append([]string{}, known.PrimaryKey...)
		types[name] = typeText{PrimaryKey: key, MaxFormat: known.MaxSupportedFormat()}
	}
	return json.NewEncoder(out).Encode(map[string]any{"types": types})
}

func judgeAll(in io.Reader, out io.Writer) error {
	requests, answers := json.NewDecoder(in), json.NewEncoder(out)
	var stand world
	if err := requests.Decode(&stand); err != nil {
		return fmt.Errorf("cannot read the request: %w", err)
	}
	db, err := openWorld(stand)
	if err != nil {
		return err
	}
	for {
		var one caseText
		err := requests.Decode(&one)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("cannot read a case: %w", err)
		}
		if err := answers.Encode(judge(db, one)); err != nil {
			return err
		}
	}
}

func openWorld(stand world) (*asserts.Database, error) {
	roots, err := readStream(stand.Trusted)
	if err != nil {
		return nil, fmt.Errorf("cannot read the trusted roots: %w", err)
	}
	db, err := asserts.OpenDatabase(&asserts.DatabaseConfig{
		Backstore: asserts.NewMemoryBackstore(),
		Trusted:   roots,
	})
	if err != nil {
		return nil, fmt.Errorf("cannot open a database with the trusted roots: %w", err)
	}
	known, err := readStream(stand.Known)
	if err == nil {
		err = addAll(db, known)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot add the known assertions: %w", err)
	}
	return db, nil
}

func judge(world *asserts.Database, one caseText) (answer verdict) {
	answer = verdict{Name: one.Name, Decoded: []decoded{}}
	defer func() {
		if fault := recover(); fault != nil {
			answer.RefusedAt, answer.Error = "panic", fmt.Sprint(fault)
		}
	}()
	subject, err := readStream(one.Subject)
	for _, assertion := range subject {
		answer.Decoded = append(answer.Decoded, describe(assertion))
	}
	if err != nil {
		answer.RefusedAt, answer.Error = "decode", err.Error()
		return answer
	}
	if one.DecodeOnly {
		return answer
	}
	db := world.WithStackedBackstore(asserts.NewMemoryBackstore())
	if err := addAll(db, subject); err != nil {
		answer.RefusedAt, answer.Error = "check", err.Error()
	}
	return answer
}

// readStream returns the assertions before the first error, together with that error.
func readStream(stream []byte) ([]asserts.Assertion, error) {
	var read []asserts.Assertion
	decoder := asserts.NewDecoder(bytes.NewReader(stream))
	for {
		assertion, err := decoder.Decode()
		if errors.Is(err, io.EOF) {
			return read, nil
		}
		if err != nil {
			return read, err
		}
		read = append(read, assertion)
	}
}

// addAll adds assertions as `snap ack` does: in one pre-checked batch, in any
// order. Assertions that no account signs are checked with their own key and are
// not added.
func addAll(db *asserts.Database, all []asserts.Assertion) error {
	batch := asserts.NewBatch(nil)
	for _, assertion := range all {
		var err error
		switch assertion := assertion.(type) {
		case *asserts.SerialRequest:
			err = asserts.SignatureCheck(assertion, assertion.DeviceKey())
		case *asserts.DeviceSessionRequest:
			err = checkSessionRequest(db, assertion)
		default:
			if assertion.AuthorityID() == "" {
				err = db.Check(assertion)
			} else {
				err = batch.Add(assertion)
			}
		}
		if err != nil {
			return err
		}
	}
	return batch.CommitTo(db, &asserts.CommitOptions{Precheck: true})
}

func checkSessionRequest(db *asserts.Database, asked *asserts.DeviceSessionRequest) error {
	found, err := db.Find(asserts.SerialType, map[string]string{
		"brand-id": asked.BrandID(),
		"model":    asked.Model(),
		"serial":   asked.Serial(),
	})
	if err != nil {
		return fmt.Errorf("cannot find the device's serial: %w", err)
	}
	return asserts.SignatureCheck(asked, found.(*asserts.Serial).DeviceKey())
}

func describe(assertion asserts.Assertion) decoded {
	ref := assertion.Ref()
	key := ref.PrimaryKey
	if key == nil {
		key = []string{}
	}
	return decoded{
		Type:       ref.Type.Name,
		PrimaryKey: key,
		Revision:   assertion.Revision(),
		Format:     assertion.Format(),
	}
}
