"""Testing: the tests that stand in `rules/`, run by the middle that decides, and what they leave open.

In: rules as files or a Rulebook. Out: results, one for each test; goals that no test has shown. Not here: mistakes put in on purpose (`mutation`), proof (`proof`).

Modules: `forms` the keys of a test, `scenes` the facts it describes, `examples` tests beside rules, `sentences` beside word lists, `linking` beside settings,
`readings` beside mappings, `sayings` words that were lost, `suite` all of them, `results` how one went, `coverage` what they have shown, `junit` for build servers.
"""
