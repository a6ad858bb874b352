"""Handwritten digits on one of two laptops; with the lines marked `# codist` it learns from the other one, too."""

import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

import codist  # codist

model, folder = int(sys.argv[1]), sys.argv[2]
torch.manual_seed(model)
images, labels = load_digits(return_X_y=True)
data = TensorDataset(torch.tensor(images, dtype=torch.float32) / 16, torch.tensor(labels))
loader = DataLoader(data, 64, shuffle=True, drop_last=True)
network = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 10))
optimizer = torch.optim.SGD(network.parameters(), lr=0.05, momentum=0.9)
saved, begin, alpha = Path(f"model{model}.pt"), 0, 1.0
if saved.exists():
    begin, weights, momentum = torch.load(saved).values()
    network.load_state_dict(weights)
    optimizer.load_state_dict(momentum)
peers = codist.Peers(2, 50, "cross_entropy", files=folder, model=model, network=network)  # codist
for epoch in range(begin, 20):
    losses = []
    for k, (x, y) in enumerate(loader, epoch * len(loader)):
        logits = network(x)
        loss = F.cross_entropy(logits, y)
        losses.append(loss.item())
        loss = loss + alpha * peers.penalty(k, x, logits)  # codist
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    print(f"model {model}, epoch {epoch}: loss {sum(losses) / len(losses):.3f}", flush=True)
    made = {"epoch": epoch + 1, "weights": network.state_dict(), "momentum": optimizer.state_dict()}
    torch.save(made, saved)
peers.close()  # codist
