// asserts-oracle says what snapd's own asserts package thinks of assertions.
//
// It reads one JSON request from standard input and writes one JSON answer to
// standard output, so that a whole table of cases costs one process:
//
//	{"trusted": BASE64,
//	 "cases": [{"name": TEXT, "known": BASE64, "subject": BASE64}, ...]}
//
//	[{"name": TEXT, "decoded": [{"type": TEXT, "primaryKey": [TEXT, ...],
//	  "revision": N, "format": N}, ...], "refusedAt": STAGE, "error": TEXT}, ...]
//
// Every BASE64 is a stream of assertions. "trusted" holds the roots; each case
// gets an empty database with those roots, to which "known" is added and must
// be accepted, and then "subject" is judged. refusedAt is empty when all of it
// was accepted, else the stage that refused: "decode" or "check".
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

type request struct {
	Trusted []byte     `json:"trusted"`
	Cases   []caseText `json:"cases"`
}

type caseText struct {
	Name    string `json:"name"`
	Known   []byte `json:"known"`
	Subject []byte `json:"subject"`
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

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "asserts-oracle:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	var asked request
	if err := json.NewDecoder(in).Decode(&asked); err != nil {
		return fmt.Errorf("cannot read the request: %w", err)
	}
	roots, err := readStream(asked.Trusted)
	if err != nil {
		return fmt.Errorf("cannot read the trusted roots: %w", err)
	}
	verdicts := make([]verdict, 0, len(asked.Cases))
	for _, one := range asked.Cases {
		judged, err := judge(roots, one)
		if err != nil {
			return fmt.Errorf("case %q: %w", one.Name, err)
		}
		verdicts = append(verdicts, judged)
	}
	return json.NewEncoder(out).Encode(verdicts)
}

// judge answers for one case; its error means that the case itself is unfit.
func judge(roots []asserts.Assertion, one caseText) (verdict, error) {
	answer := verdict{Name: one.Name, Decoded: []decoded{}}
	db, err := asserts.OpenDatabase(&asserts.DatabaseConfig{
		Backstore: asserts.NewMemoryBackstore(),
		Trusted:   roots,
	})
	if err != nil {
		return answer, fmt.Errorf("cannot open a database with the trusted roots: %w", err)
	}
	known, err := readStream(one.Known)
	if err == nil {
		err = addAll(db, known)
	}
	if err != nil {
		return answer, fmt.Errorf("cannot add what is to be known: %w", err)
	}

	subject, err := readStream(one.Subject)
	for _, assertion := range subject {
		answer.Decoded = append(answer.Decoded, describe(assertion))
	}
	if err != nil {
		answer.RefusedAt, answer.Error = "decode", err.Error()
	} else if err := addAll(db, subject); err != nil {
		answer.RefusedAt, answer.Error = "check", err.Error()
	}
	return answer, nil
}

// readStream returns what could be read, also when the rest could not.
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

// addAll adds the way `snap ack` does: one pre-checked batch, in any order. The
// types that a database never holds are verified against their own key instead.
func addAll(db *asserts.Database, all []asserts.Assertion) error {
	batch := asserts.NewBatch(nil)
	for _, assertion := range all {
		var err error
		switch assertion := assertion.(type) {
		case *asserts.SerialRequest:
			err = asserts.SignatureCheck(assertion, assertion.DeviceKey())
		case *asserts.DeviceSessionRequest:
			err = checkSessionRequest(db, assertion)
		case *asserts.AccountKeyRequest:
			err = db.Check(assertion)
		default:
			err = batch.Add(assertion)
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
