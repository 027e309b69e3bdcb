package flow

import (
	"encoding/json"
	"testing"
)

const zeekJSONSample = `{"ts":1588205199.82437,"uid":"C1","id_orig_h":"10.0.1.6","id_orig_p":54243,"id_resp_h":"10.0.0.4","id_resp_p":53,"proto":"udp","orig_bytes":39,"resp_bytes":55,"conn_state":"SF"}
{"ts":1588205199.82437,"id_orig_h":"10.0.1.6"
{"ts":"2020-04-30T00:06:39.824370Z","id.orig_h":"10.0.1.6","id.orig_p":54243,"id.resp_h":"10.0.0.4","id.resp_p":53,"proto":"udp","conn_state":"SF","label":"Benign"}
`

func TestZeekJSON(t *testing.T) {
	conn := func(ts, proto, more string) string {
		return `{"ts":` + ts + `,"id.orig_h":"1.1.1.1","id.orig_p":1,"id.resp_h":"2.2.2.2","id.resp_p":2,"proto":` + proto + more + `}`
	}
	testLines(t, "zeek-json", "", []lineTest{
		{conn(`1588205199.82437`, `"tcp"`, `,"orig_bytes":3,"resp_bytes":4,"conn_state":"S2"`), "2020-04-30T00:06:39.82437 tcp closing 1.1.1.1:1>2.2.2.2:2 3 4"},
		{`{"ts":1,"id_orig_h":"::1","id_orig_p":128,"id_resp_h":"::2","id_resp_p":0,"proto":"icmp","conn_state":"OTH"}`, "1970-01-01T00:00:01 ipv6-icmp unknown [::1]:128>[::2]:0 0 0"},
		{` {"id.orig_h":"1.1.1.1", "id.orig_p": 1, "id.resp_h": "2.2.2.2", "id.resp_p": 2, "proto": "udp", "ts": 1, "other": {"ts": [5]}, "orig_bytes": null}`, "1970-01-01T00:00:01 udp unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{conn(`"2020-04-30T00:06:39.824370001Z"`, `"tcp"`, ``), "2020-04-30T00:06:39.824370001 tcp unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{conn(`1588205199824`, `"tcp"`, ``), "2020-04-30T00:06:39.824 tcp unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{conn(`1.58820519982437E9`, `"tcp"`, ``), "2020-04-30T00:06:39.82437 tcp unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{conn(`1588205199.123456789`, `"tcp"`, `,"orig_bytes":9007199254740993,"resp_bytes":719.0`), "2020-04-30T00:06:39.123456789 tcp unknown 1.1.1.1:1>2.2.2.2:2 9007199254740993 719"},
		{conn(`1`, `"\u0074cp"`, `,"label":"a \"b\"","_path":"conn"`), `1970-01-01T00:00:01 tcp unknown 1.1.1.1:1>2.2.2.2:2 0 0 a "b"`},
		{conn(`1`, `"tcp"`, `,"detailedlabel":"Scan"`), "1970-01-01T00:00:01 tcp unknown 1.1.1.1:1>2.2.2.2:2 0 0 Scan"},
		{conn(`1`, `"unknown_transport"`, `,"ip_proto":47`), "1970-01-01T00:00:01 gre unknown 1.1.1.1:1>2.2.2.2:2 0 0"},
		{conn(`true`, `"tcp"`, ``), `bad: ts: "true" is not a time in seconds since 1970, up to the year 2262`},
		{conn(`1`, `"tcp"`, `,"orig_bytes":1.5`), `bad: orig_bytes: "1.5" is not a number of bytes, 0 to 9223372036854775807`},
		{conn(`1`, `"tcp"`, `,"resp_bytes":-1`), `bad: resp_bytes: "-1" is not a number of bytes, 0 to 9223372036854775807`},
		{conn(`1`, `"tcp"`, `,"conn_state":7`), `bad: conn_state: "7" is not a conn_state of Zeek`},
		{conn(`1`, `null`, ``), `bad: proto: empty, want an IP protocol`},
		{conn(`1`, `"tcp"`, `,"_path":"dns"`), `bad: _path: "dns" is not conn: the record is of another of Zeek's logs`},
		{conn(`1`, `"tcp"`, `,"@stream":"ssl"`), `bad: _path: "ssl" is not conn: the record is of another of Zeek's logs`},
		{`{}`, `bad: ts: empty, want a time in seconds since 1970, up to the year 2262`},
		{`[1]`, `bad: "[1]" is not a JSON object`},
		{`{"ts":1`, `bad: not a whole JSON object: unexpected end of JSON input`},
		{`{"ts":1} {"ts":2}`, `bad: not a whole JSON object: invalid character '{' after top-level value`},
	})
}

func FuzzZeekJSON(f *testing.F) {
	f.Add(zeekJSONSample)
	f.Add("{}\f")
	f.Add(`{"ts":1e9,"id.orig_h":"::1","id.orig_p":"1","id.resp_h":"::2","id.resp_p":2,"proto":"6","orig_bytes":"1e2","label":"\ud800"}`)
	f.Fuzz(func(t *testing.T, text string) {
		checkFuzz(t, zeekJSONFormat, text, func(string) bool { return true })
		detectZeekJSON([]byte(text))
		for _, line := range splitLines(text) {
			checkMembers(t, line)
		}
	})
}

// checkMembers holds jsonMembers to what encoding/json makes of an object.
func checkMembers(t *testing.T, line string) {
	var want map[string]json.RawMessage
	got := map[string]string{}
	err := jsonMembers([]byte(line), func(key, value []byte) { got[string(key)] = string(value) })
	if plain := json.Unmarshal([]byte(line), &want); plain != nil || want == nil {
		if err == nil {
			t.Fatalf("%q has members %v, plainly %v", line, got, plain)
		}
		return
	}
	if err != nil || len(got) != len(want) {
		t.Fatalf("%q has members %q, %v, plainly %q", line, got, err, want)
	}
	for key, raw := range want {
		value := string(raw)
		if value == "null" {
			value = ""
		}
		if raw[0] == '"' {
			if err := json.Unmarshal(raw, &value); err != nil {
				t.Fatal(err)
			}
		}
		if got[key] != value {
			t.Fatalf("%q: %s is %q, plainly %q", line, key, got[key], value)
		}
	}
}
