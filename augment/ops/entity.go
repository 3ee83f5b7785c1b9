package ops

import (
	"bufio"
	"fmt"
	"strings"

	"github.com/ortrain/ortrain/augment"
	"github.com/ortrain/ortrain/pipeline/random"
)

// names are entities by type; those of one line stand for one another.
var names = map[string]string{
	"man":         "James|John|Robert|Michael|William|David|Richard|Thomas|Daniel|Matthew|Anthony|Steven|Paul|Andrew|Kevin|Brian|George|Edward|Peter|Henry|Adam|Samuel|Oliver|Simon|Martin|Lucas|Oscar|Felix|Hugo|Ivan|Omar|Ahmed|Wei|Raj|Diego|Carlos|Juan|Luis|Pedro|Marco",
	"woman":       "Mary|Patricia|Jennifer|Linda|Elizabeth|Barbara|Susan|Jessica|Sarah|Karen|Nancy|Lisa|Sandra|Emily|Michelle|Laura|Anna|Helen|Emma|Maria|Sophia|Olivia|Alice|Julia|Clara|Nina|Eva|Irene|Fatima|Aisha|Priya|Elena|Sofia|Carmen|Lucia|Ingrid|Chloe|Yuki|Mei|Leila",
	"surname":     "Smith|Johnson|Williams|Jones|Davis|Miller|Wilson|Anderson|Taylor|Thomson|Martinez|Garcia|Rodriguez|Lopez|Gonzalez|Clark|Lewis|Walker|Robinson|Wright|Scott|Evans|Campbell|Murphy|Kelly|Schmidt|Fischer|Weber|Rossi|Ferrari|Dubois|Nguyen|Patel|Singh|Tanaka|Suzuki|Kowalski|Novak|Ivanov|Larsen",
	"city":        "London|Paris|Berlin|Madrid|Rome|Vienna|Prague|Warsaw|Lisbon|Dublin|Oslo|Stockholm|Helsinki|Athens|Moscow|Cairo|Nairobi|Lagos|Mumbai|Delhi|Beijing|Shanghai|Tokyo|Osaka|Seoul|Bangkok|Jakarta|Sydney|Melbourne|Toronto|Montreal|Chicago|Boston|Houston|Seattle|New York|Los Angeles|San Francisco|Mexico City|Buenos Aires",
	"country":     "France|Germany|Spain|Italy|Austria|Poland|Portugal|Ireland|Norway|Sweden|Finland|Greece|Russia|Egypt|Kenya|Nigeria|India|China|Japan|Thailand|Indonesia|Australia|Canada|Mexico|Brazil|Argentina|Chile|Peru|Colombia|Cuba|Morocco|Ghana|Ethiopia|Iran|Iraq|Pakistan|Vietnam|South Korea|South Africa|New Zealand",
	"nationality": "French|German|Spanish|Italian|Austrian|Portuguese|Irish|Norwegian|Swedish|Finnish|Greek|Russian|Egyptian|Kenyan|Nigerian|Indian|Chinese|Japanese|Thai|Indonesian|Australian|Canadian|Mexican|Brazilian|Argentine|Chilean|Peruvian|Colombian|Cuban|Moroccan",
	"城市":          "北京|上海|广州|深圳|天津|重庆|成都|杭州|南京|武汉|西安|苏州|青岛|大连|厦门|长沙|哈尔滨|沈阳|昆明|济南",
	"国家":          "中国|美国|英国|法国|德国|日本|韩国|印度|俄罗斯|巴西|加拿大|意大利|西班牙|埃及|泰国|越南|墨西哥|澳大利亚",
}

var _ = register(augment.Spec{
	Name: "entity", Doc: "replaces names of people, cities and countries by others of the same kind",
	Params: []augment.Param{often,
		{Name: "file", Doc: "further names: lines of a type, a tab and a name", Default: ""}},
	Languages: all, Laws: respells &^ augment.KeepsWords,
	Harms:   []augment.Harm{changesMeaning, changesFacts},
	Samples: []augment.Sample{{Text: "Anna flew from New York to Paris", Params: map[string]any{"rate": 1.0}}},
	New: func(s augment.Settings) (augment.Augmenter, error) {
		lists, err := openNames(s)
		if err != nil {
			return nil, err
		}
		index := make(map[string][]string)
		for _, list := range lists {
			for _, name := range list {
				index[name] = list
			}
		}
		rate := s.Float("rate")
		return augment.Func(func(t *augment.Text, r *random.Stream) { renames(t, r, index, t.Rate(rate)) }), nil
	},
})

// openNames returns the lists of names by type.
func openNames(s augment.Settings) (map[string][]string, error) {
	lists := make(map[string][]string)
	for kind, list := range names {
		lists[kind] = strings.Split(list, "|")
	}
	name := s.Text("file")
	if name == "" {
		return lists, nil
	}
	f, err := s.File(name)
	if err != nil {
		return nil, fmt.Errorf("ops: %w: %w", err, augment.ErrResource)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for number := 1; lines.Scan(); number++ {
		kind, entity, ok := strings.Cut(lines.Text(), "\t")
		if !ok || kind == "" || entity == "" {
			return nil, fmt.Errorf("ops: %s, line %d: %q; a type, a tab and a name are expected: %w", name, number, lines.Text(), augment.ErrResource)
		}
		lists[kind] = append(lists[kind], entity)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("ops: %s: %w: %w", name, err, augment.ErrResource)
	}
	return lists, nil
}

// renames replaces names of up to three words.
func renames(t *augment.Text, r *random.Stream, index map[string][]string, share float64) {
	const most = 3
	for i := 0; i < t.Len() && share > 0; i++ {
		for last := min(i+most, t.Len()) - 1; last >= i; last-- {
			if !t.Free(i) || last > i && (t.Tagged() || !loose(t, i, last)) {
				continue
			}
			name := t.String()[t.Range(i).Start:t.Range(last).End]
			list := index[name]
			if list == nil {
				continue
			}
			if chance(r, share) {
				t.Edit(t.Range(i).Start, t.Range(last).End, other(list, name, r))
			}
			i = last
			break
		}
	}
}
