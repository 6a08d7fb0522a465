//! The decoders against recordings of a real API server, cut in every way, and against arbitrary bytes.

use proptest::prelude::*;

use super::*;
use crate::cluster::project::event::Event;
use crate::cluster::project::node::Node;
use crate::cluster::project::pod::Pod;
use crate::model::pod::PodRow;

/// A recorded answer: its media type and its body.
fn recording(name: &str) -> (String, Vec<u8>) {
    let path = format!("{}/tests/recordings/{name}", env!("CARGO_MANIFEST_DIR"));
    let bytes = std::fs::read(path).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let media = head.lines().find_map(|line| line.strip_prefix("Content-Type: ")).unwrap();
    (media.to_owned(), bytes[end + 4..].to_vec())
}

type Outcome<R> = (Vec<Item<R>>, Result<(), WireError>, Option<String>);

fn decode<K: Resource>(media: &str, shape: Shape, chunks: &[&[u8]]) -> Outcome<K::Row> {
    let mut decoder = Decoder::<K>::new(media, shape).unwrap();
    let (mut interner, mut items) = (Interner::default(), Vec::new());
    let mut result = Ok(());
    for chunk in chunks {
        result = decoder.feed(chunk, &mut interner, &mut items);
        if result.is_err() {
            break;
        }
    }
    let result = result.and_then(|()| decoder.finish());
    (items, result, decoder.version().map(str::to_owned))
}

fn rows<R: Clone>(items: &[Item<R>]) -> Vec<R> {
    let row = |item: &Item<R>| if let Item::Row(row) = item { Some(row.clone()) } else { None };
    items.iter().filter_map(row).collect()
}

fn whole<K: Resource>(name: &str, shape: Shape) -> Outcome<K::Row> {
    let (media, body) = recording(name);
    decode::<K>(&media, shape, &[&body])
}

#[test]
fn a_protobuf_list_yields_its_metadata_and_every_object() {
    let (items, result, version) = whole::<Pod>("protobuf-list-pods-team-a", Shape::List);
    result.unwrap();
    assert_eq!(version.as_deref(), Some("5784"));
    assert!(matches!(&items[0], Item::ListMeta(meta) if meta.continue_token.is_empty()));
    assert_eq!(rows(&items).len() + 1, items.len());
    assert!(rows(&items).len() > 20);
}

#[test]
fn a_protobuf_streaming_list_yields_the_same_rows_and_the_end_of_the_initial_events() {
    let (listed, result, _) = whole::<Pod>("protobuf-list-pods-team-a", Shape::List);
    result.unwrap();
    let (streamed, _, version) = whole::<Pod>("protobuf-watchlist-pods-team-a", Shape::Watch);
    let end = streamed.iter().position(|item| *item == Item::Bookmark { initial_events_end: true });
    let mut streamed = rows(&streamed[..end.expect("the recording ends with the bookmark")]);
    let mut listed = rows(&listed);
    let by_uid = |rows: &mut Vec<PodRow>| rows.sort_by_key(|row| row.uid);
    by_uid(&mut streamed);
    by_uid(&mut listed);
    assert_eq!(streamed, listed);
    assert!(version.is_some());
}

#[test]
fn protobuf_and_json_of_the_same_pods_give_the_same_rows() {
    let mut interner = Interner::default();
    // Rows by uid and resource version: the recordings are some minutes apart.
    let mut proto = std::collections::HashMap::new();
    let (_, body) = recording("protobuf-watchlist-pods-team-a");
    let read = watch::Frames::default().feed(&body, |frame| {
        let object = Pod::visit(watch::event(frame)?.1)?;
        let key = (object.metadata.uid(), object.metadata.resource_version.text().into_owned());
        proto.insert(key, Pod::project(&object, &mut interner));
        Ok(())
    });
    read.unwrap();
    let mut compared = 0;
    let (_, body) = recording("watch-list-initial.head");
    let read = watch::Lines::default().feed(&body, |line| {
        let event: watch::JsonEvent<<Pod as Resource>::Partial<'_>> = read_json(line)?;
        let key = (event.object.metadata.uid(), event.object.metadata.resource_version.text().into_owned());
        if let Some(row) = proto.get(&key) {
            assert_eq!(&Pod::project(&event.object, &mut interner), row);
            compared += 1;
        }
        Ok(())
    });
    read.unwrap();
    assert!(compared > 3, "{compared} pods are in both recordings in the same version");
}

#[test]
fn protobuf_and_json_of_the_same_nodes_and_events_give_the_same_rows() {
    let (proto, _, _) = whole::<Node>("protobuf-list-nodes-limit2", Shape::List);
    let (json, _, _) = whole::<Node>("nodes-limit2", Shape::List);
    assert_eq!(rows(&proto), rows(&json));
    assert_eq!(rows(&json).len(), 2);
    let (proto, _, _) = whole::<Event>("protobuf-list-events-limit5", Shape::List);
    let (json, _, _) = whole::<Event>("events-limit5", Shape::List);
    let (proto, json) = (rows(&proto), rows(&json));
    // The recordings are some minutes apart.
    let both = json.iter().filter(|row| proto.contains(row)).count();
    assert!(both >= 3, "{both} of {} events are in both", json.len());
}

#[test]
fn a_page_names_its_continue_token_wherever_the_metadata_stands() {
    let (items, result, version) = whole::<Pod>("pods-limit2", Shape::List);
    result.unwrap();
    assert_eq!(version.as_deref(), Some("4794"));
    assert_eq!(rows(&items).len(), 2);
    let Some(Item::ListMeta(meta)) = items.last() else { panic!("the metadata comes last, when all is read") };
    assert!(meta.continue_token.starts_with("eyJ2"));
    let late = br#" {"items":[{"metadata":{"name":"a\"]}","uid":"x"}} , {"metadata":{"name":"b","uid":"y"}}],
        "metadata":{"continue":null,"resourceVersion":"7"},"kind":"PodList","extra":{"items":[1]}} "#;
    let (items, result, version) = decode::<Pod>("application/json; charset=utf-8", Shape::List, &[late]);
    result.unwrap();
    assert_eq!(version.as_deref(), Some("7"));
    assert_eq!(rows(&items).iter().map(|row| &*row.name).collect::<Vec<_>>(), ["a\"]}", "b"]);
}

#[test]
fn an_empty_list_and_a_null_list_are_lists() {
    for body in [&br#"{"items":[],"metadata":{"resourceVersion":"1"}}"#[..], br#"{"metadata":{},"items":null}"#] {
        let (items, result, _) = decode::<Pod>("application/json", Shape::List, &[body]);
        result.unwrap();
        assert_eq!(items.len(), 1, "{items:?}");
    }
}

#[test]
fn an_expired_watch_is_an_error_item_in_both_formats() {
    for name in ["watch-410-expired", "protobuf-watch-410"] {
        let (items, result, _) = whole::<Pod>(name, Shape::Watch);
        result.unwrap();
        let [Item::Error(status)] = items.as_slice() else { panic!("{name}: {items:?}") };
        assert!(status.is_expired());
        assert_eq!((status.code, status.reason.as_str()), (410, "Expired"));
        assert!(status.message.starts_with("too old resource version: 1"), "{}", status.message);
    }
}

#[test]
fn a_status_in_the_place_of_a_list_is_an_error_item() {
    for name in ["protobuf-status-404", "403-list-pods-all"] {
        let (items, _, _) = whole::<Pod>(name, Shape::List);
        let [Item::Error(status)] = items.as_slice() else { panic!("{name}: {items:?}") };
        assert!(status.code == 404 || status.code == 403);
        assert!(!status.message.is_empty());
    }
}

#[test]
fn changes_and_bookmarks_move_the_version_of_a_watch() {
    let (items, result, version) = whole::<Pod>("watch-pods-bookmark", Shape::Watch);
    result.unwrap();
    assert_eq!(version.as_deref(), Some("4810"));
    assert_eq!(rows(&items).len(), 5);
    assert_eq!(items.last(), Some(&Item::Bookmark { initial_events_end: false }));
}

#[test]
fn a_deletion_names_the_uid() {
    let line = b"{\"type\":\"DELETED\",\"object\":{\"metadata\":{\"uid\":\"u\",\"resourceVersion\":\"9\"}}}\r\n\n";
    let (items, result, version) = decode::<Pod>("application/json", Shape::Watch, &[line]);
    result.unwrap();
    assert_eq!(items, [Item::Deleted(Uid::parse("u"))]);
    assert_eq!(version.as_deref(), Some("9"));
}

#[test]
fn what_has_no_uid_is_no_object() {
    for line in [&b"{\"type\":\"ADDED\",\"object\":[]}\n"[..], b"{\"type\":\"DELETED\",\"object\":{}}\n"] {
        let (items, result, _) = decode::<Pod>("application/json", Shape::Watch, &[line]);
        assert_eq!((items, result), (vec![], Err(NOBODY)));
    }
    let (items, result, _) = decode::<Pod>("application/json", Shape::List, &[b"{\"items\":[{}]}"]);
    assert_eq!((items, result), (vec![], Err(NOBODY)));
}

#[test]
fn an_answer_cut_off_in_the_middle_is_not_complete() {
    let (media, body) = recording("protobuf-list-nodes-limit2");
    let (_, result, _) = decode::<Node>(&media, Shape::List, &[&body[..body.len() - 100]]);
    assert_eq!(result, Err(WireError::Truncated));
    let (media, body) = recording("nodes-limit2");
    let (_, result, _) = decode::<Node>(&media, Shape::List, &[&body[..body.len() - 2]]);
    assert_eq!(result, Err(WireError::Truncated));
    let (_, result, _) = decode::<Node>(&media, Shape::List, &[]);
    assert_eq!(result, Err(WireError::Truncated));
}

#[test]
fn a_single_object_beyond_the_limit_is_refused_without_being_kept() {
    let mut frame = u32::try_from(ITEM_LIMIT + 1).unwrap().to_be_bytes().to_vec();
    frame.extend_from_slice(b"rest");
    let (_, result, _) = decode::<Pod>(PROTOBUF, Shape::Watch, &[&frame]);
    assert_eq!(result, Err(WireError::TooLarge(ITEM_LIMIT)));
    let chunk = vec![b'x'; 1024 * 1024];
    let mut chunks: Vec<&[u8]> = vec![b"{\"items\":[{\"a\":\""];
    chunks.extend(std::iter::repeat_n(chunk.as_slice(), 20));
    let (_, result, _) = decode::<Pod>("application/json", Shape::List, &chunks);
    assert_eq!(result, Err(WireError::TooLarge(ITEM_LIMIT)));
}

#[test]
fn noise_in_the_place_of_an_event_is_refused_at_once_and_not_waited_for() {
    // As a length it would be just below the limit.
    let noise: &[u8] = b"\x00\xff\x13\x37 no such thing as an answer \xfe\xfd\r";
    let (_, whole) = recording("protobuf-watch-410");
    for before in [&b""[..], &whole] {
        let chunks: [&[u8]; 3] = [before, &noise[..4], &noise[4..]];
        let (items, result, _) = decode::<Pod>(PROTOBUF, Shape::Watch, &chunks);
        assert_eq!((items.len(), result), (usize::from(!before.is_empty()), Err(watch::NO_EVENT)));
    }
    let (_, result, _) = decode::<Pod>("application/json", Shape::Watch, &[b" ", noise]);
    assert!(matches!(result, Err(WireError::Malformed(_))), "{result:?}");
}

#[test]
fn an_answer_of_another_media_type_is_refused() {
    let refused = Decoder::<Pod>::new("text/html; charset=utf-8", Shape::List).err();
    assert_eq!(refused, Some(WireError::ContentType("text/html".to_owned())));
}

/// Cuts a body at the given places.
fn cut<'a>(body: &'a [u8], cuts: &[usize]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|place| place % (body.len() + 1)).collect();
    places.sort_unstable();
    let mut start = 0;
    let mut chunks: Vec<&[u8]> = Vec::new();
    for place in places {
        chunks.push(&body[start..place]);
        start = place;
    }
    chunks.push(&body[start..]);
    chunks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_chunking_gives_the_same_items(cuts in prop::collection::vec(any::<usize>(), 0..60), tiny in 1..40_usize) {
        let cases = [
            ("protobuf-list-nodes-limit2", Shape::List),
            ("nodes-limit2", Shape::List),
            ("watch-pods-bookmark", Shape::Watch),
            ("protobuf-watch-410", Shape::Watch),
        ];
        for (name, shape) in cases {
            let (media, body) = recording(name);
            let at_once = decode::<Node>(&media, shape, &[&body]);
            prop_assert_eq!(&decode::<Node>(&media, shape, &cut(&body, &cuts)), &at_once);
            let tiny: Vec<&[u8]> = body.chunks(tiny).collect();
            prop_assert_eq!(&decode::<Node>(&media, shape, &tiny), &at_once);
        }
    }

    #[test]
    fn arbitrary_bytes_are_an_error_or_items_but_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for shape in [Shape::List, Shape::Watch] {
            for media in [PROTOBUF, "application/json"] {
                let _ = decode::<Pod>(media, shape, &[&bytes]);
                let mut framed = b"k8s\0\x12\x80\x08\x12".to_vec();
                framed.extend_from_slice(&bytes);
                let _ = decode::<Pod>(media, shape, &[&framed]);
                let mut json = b"{\"items\":[".to_vec();
                json.extend_from_slice(&bytes);
                let _ = decode::<Pod>(media, shape, &[&json]);
            }
        }
        let _ = Pod::visit(&bytes);
        let _ = Node::visit(&bytes);
        let _ = Event::visit(&bytes);
    }

    #[test]
    fn a_damaged_recording_is_never_a_panic(place in any::<usize>(), byte in any::<u8>(), keep in any::<usize>()) {
        let cases = [("protobuf-list-nodes-limit2", Shape::List), ("nodes-limit2", Shape::List),
            ("protobuf-watch-410", Shape::Watch), ("watch-pods-bookmark", Shape::Watch)];
        for (name, shape) in cases {
            let (media, mut body) = recording(name);
            let place = place % body.len();
            body[place] = byte;
            body.truncate(place + keep % body.len());
            let _ = decode::<Node>(&media, shape, &[&body]);
            let _ = decode::<Pod>(&media, shape, &[&body]);
        }
    }
}
