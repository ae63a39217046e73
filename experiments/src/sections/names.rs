//! What people type for a section: its number, a part of the book, a title, an algorithm.

use gymkhana_envs::{Error, error::nearest};

use super::{SECTIONS, Section};

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Named {
    /// One section, named itself.
    One(&'static Section),
    /// All that are under a number, or all there are.
    Part(Vec<&'static Section>),
}

impl Named {
    /// The sections.
    pub fn sections(&self) -> Vec<&'static Section> {
        match self {
            Self::One(section) => vec![section],
            Self::Part(sections) => sections.clone(),
        }
    }
}

/// "§5.4.2", "Q learning" and "Q学习" are what people type for 5.4.2, Q-learning and Q 学习.
fn plain(text: &str) -> String {
    // Latin letters, digits and signs as wide as Chinese ones, ！ to ～, stand for the narrow ones.
    let narrow = |letter: char| match letter {
        '！'..='～' => char::from_u32(letter as u32 - 0xFEE0).unwrap_or(letter),
        other => other,
    };
    let kept = text.chars().map(narrow).filter(|&letter| letter.is_alphanumeric() || letter == '.');
    kept.flat_map(char::to_lowercase).collect()
}

/// The section of that number, title or name, or that trains the agent of that name; or those of a part of the book:
/// `5.1`, `5`, `all`.
///
/// # Errors
/// With the nearest ones if there is none.
pub fn find(name: &str) -> Result<Named, Error> {
    let wanted = plain(name);
    let same = |text: &str| plain(text) == wanted;
    let titled = |section: &Section| same(section.id) || section.titles.iter().any(|title| same(title));
    let known_as = |section: &Section| section.names.iter().any(|name| same(name));
    let trains = |section: &Section| section.trains.iter().any(|(agent, _)| same(agent));
    let one = [&titled as &dyn Fn(&Section) -> bool, &known_as, &trains]
        .into_iter()
        .find_map(|test| SECTIONS.iter().find(|section| test(section)));
    if let Some(section) = one {
        return Ok(Named::One(section));
    }
    let part: Vec<_> = SECTIONS.iter().filter(|section| wanted == "all" || is_under(section.id, &wanted)).collect();
    if !part.is_empty() {
        return Ok(Named::Part(part));
    }
    let names = SECTIONS.iter().flat_map(|section| {
        let names = std::iter::once(section.id).chain(section.titles).chain(section.names.iter().copied());
        names.chain(section.trains.iter().map(|(agent, _)| *agent))
    });
    Err(Error::Unknown { kind: "section", name: name.into(), near: nearest(name, names) })
}

/// Whether a section's number begins with that of a part: 5.4.2 is under 5.4 and 5.
fn is_under(id: &str, part: &str) -> bool {
    id.strip_prefix(part.trim_end_matches('.')).is_some_and(|rest| rest.starts_with('.') && !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(name: &str) -> Vec<&'static str> {
        find(name).unwrap().sections().iter().map(|section| section.id).collect()
    }

    #[test]
    fn sections_are_found_by_number_title_and_algorithm() {
        for name in ["5.4.2", "§5.4.2", "dqn", "DQN", "ＤＱＮ", "５．４．２"] {
            assert_eq!(ids(name), ["5.4.2"], "{name}");
        }
        for name in ["5.4.1", "Q learning", "Q学习", "Q 學習", "Q学習", "q-learning"] {
            assert_eq!(ids(name), ["5.4.1"], "{name}");
        }
        for (name, id) in [
            ("オフポリシー", "5.1.5"),
            ("モデルベース", "5.1.7"),
            ("ベルマン", "5.2.5"),
            ("importance sampling", "6.3.3"),
            ("GAE", "6.2.3"),
            ("時間差分", "5.3.1"),
            ("TD(λ)", "5.3.3"),
            ("dueling", "5.4.4"),
        ] {
            assert_eq!(ids(name), [id], "{name}");
        }
        assert!(find("5.9.9").unwrap_err().to_string().contains("did you mean"));
    }

    #[test]
    fn parts_of_the_book_are_all_that_is_under_them() {
        assert_eq!(ids("all").len(), SECTIONS.len());
        for part in ["5", "5.4", "5.4."] {
            let found = ids(part);
            assert!(found.contains(&"5.4.2") && found.iter().all(|id| id.starts_with(part)), "{part}: {found:?}");
            assert!(matches!(find(part), Ok(Named::Part(_))));
        }
        assert!(find("").is_err() && find(".").is_err() && find("4").is_err());
    }

    #[test]
    fn no_name_stands_for_two_sections_and_all_are_in_order() {
        let number = |id: &str| id.split('.').map(|part| part.parse::<u32>().unwrap()).collect::<Vec<_>>();
        assert!(SECTIONS.is_sorted_by_key(|section| number(section.id)));
        let mut seen = std::collections::BTreeMap::new();
        for section in SECTIONS {
            let mut own: Vec<_> = section.titles.iter().chain(section.names).map(|name| plain(name)).collect();
            own.sort();
            own.dedup();
            for name in own {
                let before = seen.insert(name.clone(), section.id);
                assert_eq!(before, None, "`{name}` is also a name of {}", section.id);
            }
        }
    }
}
