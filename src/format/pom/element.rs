//! The elements of a pom.

/// Elements below this depth are not read; Maven's own model ends long before, only plugin configuration goes deeper.
const DEPTH: usize = 40;

/// An element of the configuration: a name with a text, or with elements below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// The local name, without a namespace prefix.
    pub name: String,
    /// The text between the tags, trimmed.
    pub text: String,
    /// The elements inside, in order.
    pub children: Vec<Element>,
}

impl Element {
    pub(super) fn read(root: roxmltree::Node<'_, '_>) -> Element {
        Element::down(root, DEPTH)
    }

    fn down(root: roxmltree::Node<'_, '_>, depth: usize) -> Element {
        let text: String = root.children().filter(|node| node.is_text()).filter_map(|node| node.text()).collect();
        let children = match depth {
            0 => Vec::new(),
            _ => root.children().filter(|node| node.is_element()).map(|node| Element::down(node, depth - 1)).collect(),
        };
        Element { name: root.tag_name().name().to_owned(), text: text.trim().to_owned(), children }
    }

    /// The first element of this name directly inside.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The element at the end of a path of names.
    pub fn at(&self, path: &[&str]) -> Option<&Element> {
        path.iter().try_fold(self, |element, name| element.child(name))
    }

    /// The text at the end of a path of names; an empty one counts as missing.
    pub fn text_at(&self, path: &[&str]) -> Option<&str> {
        self.at(path).map(|element| element.text.as_str()).filter(|text| !text.is_empty())
    }

    /// This element and all below it, from top to bottom.
    pub fn descendants(&self) -> Vec<&Element> {
        let mut found = vec![self];
        let mut next = 0;
        while let Some(element) = found.get(next).copied() {
            found.extend(&element.children);
            next += 1;
        }
        found
    }

    pub(super) fn each(&self, list: &str) -> impl Iterator<Item = &Element> {
        self.child(list).into_iter().flat_map(|list| &list.children)
    }

    pub(super) fn owned(&self, name: &str) -> Option<String> {
        self.text_at(&[name]).map(str::to_owned)
    }
}
