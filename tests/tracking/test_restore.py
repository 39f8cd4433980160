"""A result from DVC's cache still has a child run, with the curves of the run that trained it."""

from faceveil.tracking.restore import SOURCE_TAG, WEIGHTS_TAG, restore_child
from faceveil.tracking.run import track
from tests.tracking.conftest import SECTION, runs


def children(name):
    client, found = runs()
    return client, [run for run in found if run.info.run_name == name]


def test_a_restored_result_copies_the_run_of_its_weights(project):
    with track("train_gan", SECTION, experiment="exp7") as trained:
        trained.tag(WEIGHTS_TAG, "abc")
        for step in range(3):
            trained.metrics({"loss": step}, step=step)
    (project / "params.yaml").write_text("another: parent\n")
    restore_child("exp7", "abc", {"accuracy/no_mask": 0.9})
    client, found = children("exp7")
    assert len(found) == 2
    copy = next(run for run in found if run.info.run_id != trained.run_id)
    assert copy.data.tags[SOURCE_TAG] == trained.run_id
    assert copy.data.params == client.get_run(trained.run_id).data.params
    assert [p.value for p in client.get_metric_history(copy.info.run_id, "loss")] == [0, 1, 2]
    assert copy.info.status == "FINISHED"


def test_the_run_that_trained_it_is_left_alone(project):
    with track("train_gan", SECTION, experiment="exp8") as trained:
        trained.tag(WEIGHTS_TAG, "def")
    restore_child("exp8", "def", {"accuracy/no_mask": 0.9})
    _, found = children("exp8")
    assert [run.info.run_id for run in found] == [trained.run_id]


def test_without_any_run_the_accuracies_are_recorded(project):
    restore_child("exp9", "never-seen", {"accuracy/no_mask": 0.9})
    _, (found,) = children("exp9")
    assert found.data.metrics == {"accuracy/no_mask": 0.9}


def test_an_evaluation_done_here_keeps_its_own_numbers(project):
    with track("train_gan", SECTION, experiment="exp6") as trained:
        trained.tag(WEIGHTS_TAG, "ghi")
        trained.metrics({"loss": 1.0, "accuracy/no_mask": 0.1})
    (project / "params.yaml").write_text("evaluated: again\n")
    with track("evaluate", SECTION, experiment="exp6") as evaluated:
        evaluated.metrics({"accuracy/no_mask": 0.7})
    restore_child("exp6", "ghi", {"accuracy/no_mask": 0.7})
    client, _ = children("exp6")
    found = client.get_run(evaluated.run_id)
    assert found.data.metrics == {"loss": 1.0, "accuracy/no_mask": 0.7}
    assert set(found.data.params) >= {"evaluate.batch_size", "train_gan.batch_size"}
