// build-snapd.sh adds this file to snapd's asserts/sysdb. A production snapd
// cannot be configured to trust another root. This one reads it when it starts
// from the file that SNAPD_EXTRA_TRUSTED names, a stream of account and
// account-key.
package sysdb

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/snapcore/snapd/asserts"
)

func init() {
	name := os.Getenv("SNAPD_EXTRA_TRUSTED")
	if name == "" {
		return
	}
	roots, err := readRoots(name)
	if err != nil {
		panic(fmt.Errorf("cannot read trusted roots from %s: %w", name, err))
	}
	InjectTrusted(roots)
}

func readRoots(name string) ([]asserts.Assertion, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()

	var roots []asserts.Assertion
	decoder := asserts.NewDecoder(file)
	for {
		root, err := decoder.Decode()
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
}
