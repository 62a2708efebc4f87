// SPDX-License-Identifier: Apache-2.0

// Asks golang.org/x/mod/sumdb about logs: one JSON question a line in, one JSON list
// [accepted, why not or a root] a line out. A question is one of
//
//	{"kind": "proof", "key": "name+id+key", "leaf": base64, "proof": base64 of a tlog-proof}
//	{"kind": "consistency", "old": n, "new": n, "oldRoot": hash, "newRoot": hash, "path": [hash]}
//	{"kind": "root", "leaves": [base64]}
//
// x/mod has signed notes and trees; the lines of a tlog-proof and of its tree head are cut here.
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Kind, Key, OldRoot, NewRoot string
	Leaf, Proof                 []byte
	Old, New                    int64
	Path                        []string
	Leaves                      [][]byte
}

type stored []tlog.Hash

func (s stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for place, index := range indexes {
		found[place] = s[index]
	}
	return found, nil
}

func hash(text string) (tlog.Hash, error) {
	var result tlog.Hash
	data, err := base64.StdEncoding.Strict().DecodeString(text)
	if err != nil || len(data) != len(result) {
		return result, fmt.Errorf("no hash: %q", text)
	}
	copy(result[:], data)
	return result, nil
}

func hashes(texts []string) ([]tlog.Hash, error) {
	var result []tlog.Hash
	for _, text := range texts {
		one, err := hash(text)
		if err != nil {
			return nil, err
		}
		result = append(result, one)
	}
	return result, nil
}

func number(text string) (int64, error) {
	result, err := strconv.ParseInt(text, 10, 64)
	if err == nil && strconv.FormatInt(result, 10) != text {
		err = fmt.Errorf("no number: %q", text)
	}
	return result, err
}

func checkProof(q question) error {
	head, checkpoint, found := strings.Cut(string(q.Proof), "\n\n")
	lines := strings.Split(head, "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" {
		return errors.New("no tlog-proof")
	}
	if !strings.HasPrefix(lines[1], "index ") {
		return errors.New("no index")
	}
	index, err := number(strings.TrimPrefix(lines[1], "index "))
	if err != nil {
		return err
	}
	path, err := hashes(lines[2:])
	if err != nil {
		return err
	}
	verifier, err := note.NewVerifier(q.Key)
	if err != nil {
		return err
	}
	opened, err := note.Open([]byte(checkpoint), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	tree := strings.Split(opened.Text, "\n")
	if len(tree) != 4 || tree[0] != verifier.Name() || tree[3] != "" {
		return errors.New("no tree head of this log")
	}
	size, err := number(tree[1])
	if err != nil {
		return err
	}
	root, err := hash(tree[2])
	if err != nil {
		return err
	}
	return tlog.CheckRecord(path, size, root, index, tlog.RecordHash(q.Leaf))
}

func checkConsistency(q question) error {
	found, err := hashes(append([]string{q.OldRoot, q.NewRoot}, q.Path...))
	if err != nil {
		return err
	}
	return tlog.CheckTree(found[2:], q.New, found[1], q.Old, found[0])
}

func root(q question) (string, error) {
	var all stored
	for index, leaf := range q.Leaves {
		more, err := tlog.StoredHashes(int64(index), leaf, all)
		if err != nil {
			return "", err
		}
		all = append(all, more...)
	}
	result, err := tlog.TreeHash(int64(len(q.Leaves)), all)
	return result.String(), err
}

func answer(line []byte) (result string, err error) {
	var q question
	if err = json.Unmarshal(line, &q); err != nil {
		return
	}
	switch q.Kind {
	case "proof":
		err = checkProof(q)
	case "consistency":
		err = checkConsistency(q)
	case "root":
		result, err = root(q)
	default:
		err = fmt.Errorf("no such question: %q", q.Kind)
	}
	return
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, ended := lines.ReadBytes('\n')
		if ended != nil {
			return
		}
		result, err := answer(line)
		if err != nil {
			result = err.Error()
		}
		printed, _ := json.Marshal([]interface{}{err == nil, result})
		fmt.Println(string(printed))
	}
}
