package pii_test

import (
	"strings"
	"testing"

	"github.com/ortrain/ortrain/pipeline/clean/pii"
)

// Numbers and words of daily life that look like sensitive data. Nothing may be
// found in them, with all recognisers at work.
func TestHostileNegatives(t *testing.T) {
	s := scrubber(t, nil)
	for group, texts := range map[string][]string{
		"order numbers": {
			"Order 4938271650 shipped", "order no. 112-4938271-6502938", "Invoice #2024-000123", "Ticket 555-010-2938 is closed", "订单号20240115123456",
			"tracking number 1Z999AA10123456784", "your reference 0496 46 46 70", "Case 24-cv-01234", "SKU 4006381333931", "PO 7712345",
		},
		"versions": {
			"upgrade to version 10.15.7.1", "v2.0.1.30", "Chrome/91.0.44.124 Safari/537.36", "release 4.18.0.305", "go1.22.3", "kernel 5.15.0-91", "1.2.3-rc.1+build.5",
			"numpy==1.26.4", "Firmware 1.0.9.88 fixes it", "python 3.11.4 (main)",
		},
		"times and dates": {
			"12:30:45", "2024-01-15 12:30:45.123", "15/01/2024", "at 09:15:00 on 01-02-2023", "2024-01-15T12:30:45Z", "open 09.00-17.30", "from 1998-2004", "20240115", "in 1984 and 1985",
			"seen on 7/14/1995", "the 1990s", "00:01:02.345 --> 00:01:05.678",
		},
		"books": {"ISBN 978-3-16-148410-0", "ISBN-10: 0-306-40615-2", "isbn 9783161484100", "ISSN 0317-8471", "doi:10.1000/182.0123", "pp. 123-4567", "arXiv:2106.09685", "PMID: 31452104"},
		"prices": {
			"$1,299.99", "EUR 12 345 678", "costs 1 234 567 dollars", "¥12345678", "£ 555 123 4567", "1.234.567,89", "USD 100-200", "population 8 336 817", "$ 555-123-4567",
		},
		"hashes": {
			"commit 9fceb02d0ae598e95dc970b74767f19372d61af8", "md5 d41d8cd98f00b204e9800998ecf8427e", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
			"uuid 123e4567-e89b-12d3-a456-426614174000", "etag \"33a64df551425fcc55e4d42a148795d9f25f89d4\"", "rev:9fceb02d0ae598e9", "key: value",
		},
		"code": {
			"std::vector<int> v;", "a[1:2:3]", "#include <a.h> // 4111", "if (a == b) { return 0x1F; }", "foo@2x.png", "user@localhost", "@media (max-width: 600px)", "x = y ? a::b : c",
			"git@github.com:org/repo.git", "password = getpass.getpass()", "token = next(tokens)", "primary_key=True", "secret: str", "color: #00ff00", "rgb(255, 255, 255)",
			"127.0.0.1:8080", "0.0.0.0/0", "::1", "https://example.com:8080/a?b=c", "ssh://git@host/path", "f(1.2.3.4.5)",
		},
		"measures": {"3.14159265358979", "6.02214076e23", "1234567 rows", "GPS 52.520008, 13.404954", "10 x 20 x 30", "100 200 300", "0.00012345", "99.99%", "+5", "+1 to that", "-273.15", "5 ft 11 in", "1-0, 2-1, 3-2"},
		"card-like": {
			"4111111111111112", "IMEI 352099001761481", "4111-1111-1111", "EAN 5901234123457", "1234 5678 9012 3456", "0000000000000000", "batch 5555555555554444", "1111 1111 1111 1111",
		},
		"addresses-like": {"drive 20 miles", "the 2 way street sign", "3 blind mice on a road", "10 Downing", "Route 66", "Highway 61 Revisited", "in 12 Place Cards", "Square 1", "it took 2 Court hearings", "chapter 4 Lane keeping", "第5号", "他坐5号线"},
		"identity-like":  {"110105194912310021", "666-12-3456", "123-45-678", "000-12-3456", "2270-66-1551", "part no 123-45-6789", "lot 536-22-1234", "ABC-12-3456"},
		"chat":           {"call me at 5", "call 911", "text 12345 to win", "my number is 7", "1-2-3 go", "24/7 support", "room 101", "I'm 30 years old", "phone 12 pro max", "iPhone 14 256", "Windows 10 2004 19041"},
	} {
		for _, text := range texts {
			if got := s.Find(text); len(got) > 0 {
				t.Errorf("%s: %q: found %s", group, text, show(text, got))
			}
		}
	}
}

// Forms of real life that the samples of the recognisers do not show.
func TestHostilePositives(t *testing.T) {
	s := scrubber(t, nil)
	for _, c := range []struct{ typ, text string }{
		{"EMAIL", "write to:«FOO.BAR@EXAMPLE.COM»!!"}, {"EMAIL", "a@b then «real@example.com»"}, {"EMAIL", "«first.last@sub-domain.example.museum»"},
		{"EMAIL", "«a@example.com»,«b@example.com»"}, {"PHONE", "Tel.: «+44 (0)20 7946 0958»"}, {"PHONE", "Phone number: «(212) 555 0199»"},
		{"PHONE", "wa.me WhatsApp «+5511987654321»"}, {"PHONE", "ring me on «07700 900123»"}, {"PHONE", "«1-212-555-0199»"}, {"PHONE", "Fax «089/1234567»"},
		{"CARD", "PAN=«5105105105105100»"}, {"CARD", "«6011 0009 9013 9424»"}, {"CARD", "card: «3530 1113 3330 0000» exp 12/27"}, {"IBAN", "IBAN:«CH9300762011623852957»"},
		{"IBAN", "«IT60 X054 2811 1010 0000 0123 456»"}, {"IP", "src=«172.16.254.1» dst=x"}, {"IP", "(«2001:0db8:85a3:0000:0000:8a2e:0370:7334»)"}, {"MAC", "HWaddr «08:00:27:0e:25:b8»"},
		{"SSN", "SSN#«078-05-1120»"}, {"CN_ID", "身份证 «440106199001011234»"}, {"CN_MOBILE", "打«18612345678»找我"}, {"BIRTH_DATE", "Birthdate: «03 Mar 1980»"},
		{"URL_CREDENTIALS", "DATABASE_URL=«mysql://root:hunter2@10.0.0.5/app»"}, {"ADDRESS", "ship to «350 Fifth Avenue, New York, NY 10118»"}, {"ADDRESS", "Adresse: «Goethestraße 7»"},
	} {
		head, rest, _ := strings.Cut(c.text, "«")
		value, _, _ := strings.Cut(rest, "»")
		if c.typ == "CN_ID" {
			value = withCheck(value)
			rest = value + "»"
		}
		text := strings.NewReplacer("«", "", "»", "").Replace(head + rest)
		found := false
		for _, m := range s.Find(text) {
			found = found || m.Type == c.typ && text[m.Start:m.End] == value
		}
		if !found {
			t.Errorf("%s %q in %q: found %s", c.typ, value, text, show(text, s.Find(text)))
		}
	}
}

// withCheck gives an identity number its check digit, worked out independently
// of the recogniser from the weights that GB 11643 prints.
func withCheck(id string) string {
	sum := 0
	for i, w := range []int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += w * int(id[i]-'0')
	}
	return id[:17] + "10X98765432"[sum%11:sum%11+1]
}

// Texts made to cost much are read in time that grows with their length only:
// this test would run for hours otherwise.
func TestHostileTextsAreCheap(t *testing.T) {
	s := scrubber(t, func(c *pii.Config) { c.Names = smallNames(t) })
	for _, part := range []string{
		"a@", "a.", "@", "1 ", "12 ", "12-", "+1", "(1)", "1:", "::", "ab:", "a:b@", "x://", "x://a:", "-----BEGIN PRIVATE KEY-----", "-----", "eyJ.", "sk-", "key=", "password=\"",
		"Mary ", "Mary van ", "12 A ", "1号", "路1", "DE89 ", "4111 ", "1.1.", "0 ", "a", "A", "é", "中", "\xff", "1", "ab-", "born 1/", "Apt. 1 ", "box 1 ", " ", "\n", "=:", "密码：",
	} {
		text := strings.Repeat(part, 60_000/len(part))
		checkMatches(t, text, s.Find(text))
	}
}
