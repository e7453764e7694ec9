//! How large a document is once its fragments are in place. A fragment that spreads another twice doubles it: what
//! walks the whole, as validation does, must not be asked to before this is known.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::parser::types::{ExecutableDocument, Selection, SelectionSet};

/// Fields, spreads and inline fragments of all operations, with each fragment counted wherever it is spread; the
/// largest number where that has no end.
pub(super) fn expanded(document: &ExecutableDocument) -> u64 {
    let mut counted = HashMap::new();
    let operations = document.operations.iter();
    operations.fold(0, |sum, (_, operation)| {
        sum.saturating_add(of(&operation.node.selection_set.node, document, &mut counted))
    })
}

/// What is in `set`. `counted` holds fragments, none for one that is being counted.
fn of<'d>(
    set: &'d SelectionSet,
    document: &'d ExecutableDocument,
    counted: &mut HashMap<&'d Name, Option<u64>>,
) -> u64 {
    let mut sum: u64 = 0;
    for item in &set.items {
        let own = match &item.node {
            Selection::Field(field) => of(&field.node.selection_set.node, document, counted),
            Selection::InlineFragment(inline) => of(&inline.node.selection_set.node, document, counted),
            Selection::FragmentSpread(spread) => fragment(&spread.node.fragment_name.node, document, counted),
        };
        sum = sum.saturating_add(own).saturating_add(1);
    }
    sum
}

fn fragment<'d>(name: &'d Name, document: &'d ExecutableDocument, counted: &mut HashMap<&'d Name, Option<u64>>) -> u64 {
    if let Some(known) = counted.get(name) {
        // One within itself never ends.
        return known.unwrap_or(u64::MAX);
    }
    // One that is not there is told by validation.
    let Some(definition) = document.fragments.get(name) else { return 0 };
    counted.insert(name, None);
    let size = of(&definition.node.selection_set.node, document, counted);
    counted.insert(name, Some(size));
    size
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::parse_query;

    use super::*;

    fn size(text: &str) -> u64 {
        expanded(&parse_query(text).expect("a document"))
    }

    #[test]
    fn each_fragment_counts_wherever_it_is_spread() {
        assert_eq!(size("{ a { b c } ... on T { d } }"), 5);
        assert_eq!(size("{ ...F ...F } fragment F on T { a b }"), 6);
        assert_eq!(size("query A { a } query B { b }"), 2);
    }

    #[test]
    fn what_doubles_or_never_ends_is_counted_at_once() {
        let doubling: String = (0..100)
            .map(|n| format!("fragment F{n} on T {{ ...F{} ...F{} }} ", n + 1, n + 1))
            .collect::<Vec<_>>()
            .concat();
        assert_eq!(size(&format!("{{ ...F0 }} {doubling} fragment F100 on T {{ a }}")), u64::MAX);
        assert_eq!(size("{ ...A } fragment A on T { ...B } fragment B on T { ...A }"), u64::MAX);
    }
}
