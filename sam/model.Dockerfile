# What SageMaker runs: `train` learns the finder's weights, `serve` hears speech.  Everything comes inside packages; nothing is fetched at run time.
ARG BASE=public.ecr.aws/docker/library/python:3.13-slim
FROM ${BASE}
WORKDIR /opt/hookline
ENV PYTHONPATH=/opt/hookline PYTHONUNBUFFERED=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 HF_HUB_OFFLINE=1
# lightgbm is linked with it; a base without apt has it, or brings it otherwise.
RUN ldconfig -p | grep -q libgomp.so.1 || { apt-get update && apt-get install --yes --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*; }
# Packages first: a change of our own code leaves their layer as it is.
COPY requirements requirements
RUN export PIP_BREAK_SYSTEM_PACKAGES=1 && python3 -m pip install --no-cache-dir uv \
 && python3 -m uv pip install --system --break-system-packages --only-binary :all: --require-hashes --no-deps -r requirements/core.lock -r requirements/local.lock -r requirements/base.lock -r requirements/train.lock \
 && python3 -m pip uninstall --yes uv
COPY LICENSE ./
COPY agent agent
COPY tools tools
COPY prompts prompts
COPY report report
COPY doors doors
COPY evals evals
RUN chmod -R a+rX /opt/hookline
ENTRYPOINT ["python3", "-m", "evals.training.job"]
