package pii

import "github.com/ortrain/ortrain/pipeline/sample"

var _ = register(Recogniser{
	Name: "ipv4", Type: "IP", Rank: 70, Starts: digits,
	Doc:  "address of four numbers up to 255, outside versions and numbered sections; loopback, unspecified and broadcast name nobody",
	Find: findIPv4,
	Samples: Samples{
		Find: []string{"from «203.0.113.7»:8080", "http://«198.51.100.23»/x", "|«192.0.2.1»|", "ip=«10.0.0.8»", "服务器«203.0.113.9»挂了", "ping «8.8.8.8»."},
		Miss: []string{
			"version 1.2.3.4", "v1.2.3.4", "Firefox/3.6.0.12", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "127.0.0.1", "0.0.0.0", "255.255.255.255",
			"section 3.2.1.4", "driver ver. 27.20.100.8", "1.2.3", "lib-1.2.3.4.jar", "build 10.0.19.1",
		},
	},
})

// versionCues speak against (-1) an address.
var versionCues = newCues(
	`ip ipv address host client server addr ping from gateway dns 地址 服务器`,
	`version versions ver v release released rel build firmware section sec chapter figure fig table clause driver upgrade
	 upgraded update updated patch revision rev 版本 章 节`)

func findIPv4(t *Text, at int) (sample.Range, bool) {
	s := t.String
	end, ok := octets(s, at)
	if !ok || !free(s, at) || !ipBorder(s, at) || !ends(s, end) {
		return sample.Range{}, false
	}
	if b := byteAt(s, end); (b == '.' || b == '-') && (isAlnum(byteAt(s, end+1))) {
		return sample.Range{}, false
	}
	switch address := s[at:end]; {
	case address == "0.0.0.0" || address == "255.255.255.255" || len(address) > 4 && address[:4] == "127.":
		return sample.Range{}, false
	}
	says, _ := versionCues.before(s, at, 3)
	return sample.Range{Start: at, End: end}, says >= 0
}

// octets reads four numbers of 0 to 255 without leading zeros.
func octets(s string, at int) (end int, ok bool) {
	for i := range 4 {
		from, value := at, 0
		for at < len(s) && isDigit(s[at]) && at-from < 4 {
			value = value*10 + int(s[at]-'0')
			at++
		}
		if at == from || value > 255 || at-from > 1 && s[from] == '0' {
			return 0, false
		}
		if i == 3 {
			break
		}
		if byteAt(s, at) != '.' {
			return 0, false
		}
		at++
	}
	return at, true
}

// ipBorder reports whether an address may follow what stands before it: no
// other number, no product name with a slash or hyphen.
func ipBorder(s string, at int) bool {
	switch byteAt(s, at-1) {
	case '.':
		return false
	case '-':
		return at < 2 || !isAlnum(s[at-2])
	case '/':
		return at < 2 || s[at-2] == '/' || !isAlnum(s[at-2])
	}
	return true
}
